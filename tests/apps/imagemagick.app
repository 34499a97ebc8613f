# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=imagemagick
prepare='mkdir -p /srv/img && cd /srv/img && convert -size 60x40 gradient:red-blue a.png && convert a.png a.jpg && convert a.png a.gif && convert a.png a.tiff'
features='png jpeg gif tiff webp resize identify text bad pdf montage svg'
command() {
	case $1 in
	png) set -- sh -c 'convert /srv/img/a.png -rotate 90 ppm:- | cksum' ;;
	jpeg) set -- sh -c 'convert /srv/img/a.png jpg:- | cksum' ;;
	gif) set -- sh -c 'convert /srv/img/a.gif ppm:- | cksum' ;;
	tiff) set -- sh -c 'convert /srv/img/a.tiff ppm:- | cksum' ;;
	webp) set -- sh -c 'convert /srv/img/a.png webp:- | cksum' ;;
	resize) set -- sh -c 'convert /srv/img/a.jpg -resize 50% -colorspace gray -blur 0x1 ppm:- | cksum' ;;
	identify) set -- identify -format '%m %wx%h %[colorspace]\n' /srv/img/a.png /srv/img/a.jpg ;;
	text) set -- sh -c 'convert -size 80x30 xc:white -pointsize 12 -annotate +5+15 hello ppm:- | cksum' ;;
	bad) set -- convert /srv/img/none.png /tmp/x.png ;;
	pdf) set -- convert /srv/img/a.png /tmp/a.pdf ;;
	montage) set -- sh -c 'montage -label "" /srv/img/a.png /srv/img/a.jpg -geometry 30x20+2+2 ppm:- | cksum' ;;
	svg) set -- sh -c 'convert -size 20x20 xc:none -draw "circle 10,10 10,2" bmp:- | cksum' ;;
	esac
	run "$@"
}
