# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=ffmpeg
prepare='mkdir -p /srv/media && cd /srv/media && ffmpeg -v error -f lavfi -i testsrc=d=1:s=64x48 -f lavfi -i sine=d=1 -c:v mpeg4 -c:a aac a.mp4'
features='probe frames wav mp3 webm scale gif text hls missing'
command() {
	case $1 in
	probe) set -- ffprobe -v error -show_entries stream=codec_name -of csv /srv/media/a.mp4 ;;
	frames) set -- ffmpeg -v error -i /srv/media/a.mp4 -map 0:v -f framemd5 - ;;
	wav) set -- sh -c 'ffmpeg -v error -i /srv/media/a.mp4 -bitexact -f wav - | wc -c' ;;
	mp3) set -- sh -c 'ffmpeg -v error -i /srv/media/a.mp4 -c:a libmp3lame -f mp3 - | wc -c' ;;
	webm) set -- sh -c 'ffmpeg -v error -i /srv/media/a.mp4 -threads 1 -c:v libvpx -c:a libopus -f webm /tmp/a.webm && ffprobe -v error -show_entries stream=codec_name -of csv /tmp/a.webm' ;;
	scale) set -- ffmpeg -v error -i /srv/media/a.mp4 -vf scale=32:24,hflip -an -f framemd5 - ;;
	gif) set -- sh -c 'ffmpeg -v error -i /srv/media/a.mp4 -f gif - | wc -c' ;;
	text) set -- sh -c 'ffmpeg -v error -i /srv/media/a.mp4 -vf drawtext=text=x -an -frames:v 1 -f rawvideo - | wc -c' ;;
	hls) set -- sh -c 'ffmpeg -v error -i /srv/media/a.mp4 -c copy -f hls /tmp/a.m3u8 && grep -c EXT /tmp/a.m3u8' ;;
	missing) set -- ffmpeg -v error -i /srv/media/none.mp4 -f null - ;;
	esac
	run "$@"
}
