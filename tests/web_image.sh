# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034 # what is set is for who sources this
# A small web server as an image, with all that an image can say of itself. Sourced after lib.sh.
requires busybox true
requires jq --version

# what uname(2) says in the words of images
case $(uname -m) in x86_64) here=amd64 other=arm64 ;; aarch64) here=arm64 other=amd64 ;; *) skip "needs amd64 or arm64" ;; esac

web_config='{"User": "web", "Env": ["PATH=/bin", "A=b c"], "Entrypoint": ["/bin/httpd", "-f"], "Cmd": ["-p", "8080", "-h", "/www"],
	"WorkingDir": "/www", "ExposedPorts": {"8080/tcp": {}, "53/udp": {}}, "Volumes": {"/data": {}}, "StopSignal": "SIGINT",
	"Shell": ["/bin/sh", "-c"], "Labels": {"org.example.k": "v w", "empty": ""},
	"Healthcheck": {"Test": ["CMD-SHELL", "cat /etc/health"], "Interval": 1000000000, "Timeout": 5000000000, "Retries": 3}}'

# web_root: the root of it, in root/.
web_root() {
	mkdir -p root/bin root/etc root/www/sub
	cp "$(command -v busybox)" root/bin/busybox
	for applet in sh httpd cat sleep true; do ln -s busybox "root/bin/$applet"; done
	echo '<a href="sub/two.html">2</a><img src=/pic.png><a href="http://elsewhere.example/x">x</a>' >root/www/index.html
	echo '<a href=../>1</a><a href="three.html#part">3</a><!-- <a href=/www/hidden.html> -->' >root/www/sub/two.html
	for page in sub/three.html pic.png hidden.html; do echo $page >root/www/$page; done
	printf 'root:x:0:0::/root:/bin/sh\nweb:x:33:33::/srv:/bin/sh\n' >root/etc/passwd
	printf 'root:x:0:\nweb:x:33:\n' >root/etc/group
	for file in health used unused; do echo $file >root/etc/$file; done
}

# web_image NAME [FILTER]: NAME.tar, a docker archive of it as NAME:1, its configuration changed by jq.
web_image() {
	rm -rf archive && mkdir archive
	tar -C root --owner=0 --group=0 --mtime=@1700000000 -cf archive/layer.tar .
	jq -n --argjson config "$web_config" --arg arch "$here" --arg id "sha256:$(sha256sum <archive/layer.tar | cut -d' ' -f1)" \
		'{architecture: $arch, os: "linux", created: "2024-05-06T07:08:09.123456789Z", author: "A. U. Thor <a@example.org>",
		config: $config, rootfs: {type: "layers", diff_ids: [$id]},
		history: [{created: "2024-05-06T07:08:09Z", created_by: "ADD file", comment: "c"}]} | '"${2:-.}" >archive/config.json
	jq -n --arg name "$1:1" '[{Config: "config.json", RepoTags: [$name], Layers: ["layer.tar"]}]' >archive/manifest.json
	tar -cf "$1.tar" -C archive manifest.json config.json layer.tar
}

# fields: what has to be the same in an image that was made of another: all but its layers and our labels.
fields() {
	jq -S 'del(.config.Labels["sfc.source.digest","sfc.package.uuid","sfc.manifest.uuid"], .rootfs) |
		.history |= map(select(.created_by != "tracepack export") | del(.empty_layer))'
}
