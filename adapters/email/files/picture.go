package files

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"

	"kinbridge/adapters/email/files/sniff"
	"kinbridge/gateway/messages"
)

// Limits of pictures.
const (
	maxPixels = 40_000_000 // of an original: a large phone camera's
	maxSide   = 30_000     // pixels of one side of it
	fitSide   = 1600       // pixels of the longer side of what is shown: more than a kiosk's screen, for looking closely
	pngLimit  = 1 << 20    // bytes; a larger drawing is kept as JPEG
	quality   = 85         // of JPEG
)

// decoder reads one kind of picture: its size, from the header alone, and its pixels.
type decoder struct {
	config func([]byte) (image.Config, error)
	decode func([]byte) (image.Image, error)
}

// decoders read the first picture of a file: of a GIF that moves the first frame, of a TIFF the first page.
var decoders = map[sniff.Type]decoder{
	sniff.PNG:  {func(b []byte) (image.Config, error) { return png.DecodeConfig(bytes.NewReader(b)) }, func(b []byte) (image.Image, error) { return png.Decode(bytes.NewReader(b)) }},
	sniff.JPEG: {func(b []byte) (image.Config, error) { return jpeg.DecodeConfig(bytes.NewReader(b)) }, func(b []byte) (image.Image, error) { return jpeg.Decode(bytes.NewReader(b)) }},
	sniff.GIF:  {func(b []byte) (image.Config, error) { return gif.DecodeConfig(bytes.NewReader(b)) }, func(b []byte) (image.Image, error) { return gif.Decode(bytes.NewReader(b)) }},
	sniff.WebP: {func(b []byte) (image.Config, error) { return webp.DecodeConfig(bytes.NewReader(b)) }, func(b []byte) (image.Image, error) { return webp.Decode(bytes.NewReader(b)) }},
	sniff.BMP:  {func(b []byte) (image.Config, error) { return bmp.DecodeConfig(bytes.NewReader(b)) }, func(b []byte) (image.Image, error) { return bmp.Decode(bytes.NewReader(b)) }},
	sniff.TIFF: {func(b []byte) (image.Config, error) { return tiff.DecodeConfig(bytes.NewReader(b)) }, func(b []byte) (image.Image, error) { return tiff.Decode(bytes.NewReader(b)) }},
}

// Redraw makes a new picture of an image file: upright, fitted to the screen, on white, and with nothing of the original's bytes or metadata.
// total is how many pictures the file holds. The reason is FileNoViewer for a kind that cannot be decoded, FileTooLarge before anything
// of that size is allocated, or FileDamaged. It never panics.
func Redraw(t sniff.Type, b []byte) (page messages.FilePage, total int, reason messages.FileReason) {
	d, ok := decoders[t]
	if !ok {
		return page, 0, messages.FileNoViewer
	}
	defer func() {
		if recover() != nil { // a decoder met what its authors did not think of
			page, total, reason = messages.FilePage{}, 0, messages.FileDamaged
		}
	}()
	cfg, err := d.config(b)
	switch {
	case err != nil || cfg.Width < 1 || cfg.Height < 1:
		return page, 0, messages.FileDamaged
	case cfg.Width > maxSide || cfg.Height > maxSide || int64(cfg.Width)*int64(cfg.Height) > maxPixels, t == sniff.GIF && !firstFrameFits(b):
		return page, 0, messages.FileTooLarge
	}
	img, err := d.decode(b)
	if err != nil {
		return page, 0, messages.FileDamaged
	}
	turn := 1
	if t == sniff.JPEG {
		turn = orientation(b)
	}
	page, err = encode(upright(fit(img), turn), t == sniff.PNG || t == sniff.GIF)
	if err != nil {
		return messages.FilePage{}, 0, messages.FileDamaged
	}
	if total = 1; t == sniff.TIFF {
		total = tiffPages(b)
	}
	return page, total, ""
}

// fit draws a picture on white, no larger than the screen.
func fit(img image.Image) *image.RGBA {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if longer := max(w, h); longer > fitSide {
		w, h = max(1, w*fitSide/longer), max(1, h*fitSide/longer)
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	if out.Bounds().Size() == img.Bounds().Size() {
		draw.Draw(out, out.Bounds(), img, img.Bounds().Min, draw.Over)
		return out
	}
	draw.BiLinear.Scale(out, out.Bounds(), img, img.Bounds(), draw.Over, nil)
	return out
}

// upright turns a picture as its camera was held: the eight orientations of Exif 2.3, section 4.6.4, tag 0x0112.
func upright(in *image.RGBA, o int) *image.RGBA {
	if o < 2 || o > 8 {
		return in
	}
	w, h := in.Bounds().Dx(), in.Bounds().Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if o >= 5 {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range out.Bounds().Dy() {
		for x := range out.Bounds().Dx() {
			sx, sy := x, y
			switch o {
			case 2:
				sx = w - 1 - x
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sy = h - 1 - y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, h-1-x
			case 7:
				sx, sy = w-1-y, h-1-x
			case 8:
				sx, sy = w-1-y, x
			}
			copy(out.Pix[out.PixOffset(x, y):][:4], in.Pix[in.PixOffset(sx, sy):][:4])
		}
	}
	return out
}

// encode writes a drawing as PNG, unless that is large, and anything else as JPEG.
func encode(img *image.RGBA, drawing bool) (messages.FilePage, error) {
	page := messages.FilePage{Width: img.Bounds().Dx(), Height: img.Bounds().Dy()}
	var out bytes.Buffer
	if drawing {
		if err := png.Encode(&out, img); err != nil {
			return page, err
		}
		if out.Len() <= pngLimit {
			page.MediaType, page.Content = "image/png", out.Bytes()
			return page, nil
		}
		out.Reset()
	}
	err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality})
	page.MediaType, page.Content = "image/jpeg", out.Bytes()
	return page, err
}

// orientation reads how the camera was held from a JPEG's Exif segment; 1, upright, when it does not say.
func orientation(b []byte) int {
	for at := 2; at+4 <= len(b) && b[at] == 0xff; {
		marker, n := b[at+1], int(binary.BigEndian.Uint16(b[at+2:]))
		if marker == 0xda || n < 2 || at+2+n > len(b) { // the picture begins: what stands before it has been seen
			return 1
		}
		if body := b[at+4 : at+2+n]; marker == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")) {
			return exifOrientation(body[6:])
		}
		at += 2 + n
	}
	return 1
}

func exifOrientation(b []byte) int {
	order, first, ok := tiffHeader(b)
	if !ok || first+2 > int64(len(b)) {
		return 1
	}
	for i := range int64(order.Uint16(b[first:])) {
		entry := first + 2 + i*12
		if entry+12 > int64(len(b)) {
			return 1
		}
		if order.Uint16(b[entry:]) == 0x0112 {
			return int(order.Uint16(b[entry+8:]))
		}
	}
	return 1
}

// tiffHeader reads the byte order and the offset of the first directory (TIFF 6.0, section 2).
func tiffHeader(b []byte) (order binary.ByteOrder, first int64, ok bool) {
	if len(b) < 8 {
		return nil, 0, false
	}
	switch string(b[:2]) {
	case "II":
		order = binary.LittleEndian
	case "MM":
		order = binary.BigEndian
	default:
		return nil, 0, false
	}
	return order, int64(order.Uint32(b[4:])), true
}

// tiffPages counts the directories of a TIFF, as a fax has them, to at most 1000.
func tiffPages(b []byte) int {
	order, at, ok := tiffHeader(b)
	n := 0
	for ok && at > 0 && at+2 <= int64(len(b)) && n < 1000 {
		n++
		next := at + 2 + int64(order.Uint16(b[at:]))*12
		if next+4 > int64(len(b)) {
			break
		}
		at = int64(order.Uint32(b[next:]))
	}
	return max(n, 1)
}

// firstFrameFits reports whether the first frame of a GIF is within the limits: it is given apart from the screen's size, and decoders
// allocate the frame (GIF89a, sections 18 and 20).
func firstFrameFits(b []byte) bool {
	at := 13
	if len(b) < at {
		return false
	}
	if b[10]&0x80 != 0 {
		at += 3 << (b[10]&7 + 1)
	}
	for at < len(b) {
		switch b[at] {
		case 0x2c:
			if at+9 > len(b) {
				return false
			}
			w, h := int64(binary.LittleEndian.Uint16(b[at+5:])), int64(binary.LittleEndian.Uint16(b[at+7:]))
			return w*h <= maxPixels
		case 0x21:
			for at += 2; at < len(b) && b[at] != 0; at += 1 + int(b[at]) {
			}
			at++
		default:
			return true // the decoder will say what is wrong
		}
	}
	return true
}
