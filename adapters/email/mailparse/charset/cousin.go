package charset

// windowsCousins are the Windows charsets that mail names by the ISO ones on which they are built. ISO 8859-1 and -9 are read as theirs always.
var windowsCousins = map[string]string{
	"iso-8859-2": "windows-1250", "iso-8859-4": "windows-1257", "iso-8859-6": "windows-1256", "iso-8859-7": "windows-1253",
	"iso-8859-8": "windows-1255", "iso-8859-8-i": "windows-1255", "iso-8859-13": "windows-1257",
}

// cousin reads data in the Windows charset that is meant by the name of an ISO one: where ISO 8859 has control characters, which no mail
// uses, Windows has quotation marks and letters.
func cousin(data []byte, name string) (text, used string, ok bool) {
	used, ok = windowsCousins[name]
	if !ok || !hasC1(data) {
		return "", "", false
	}
	text, bad := decodeWith(lookupEncoding(used), data)
	return text, used, bad == 0
}

func hasC1(data []byte) bool {
	for _, c := range data {
		if c >= 0x80 && c < 0xa0 {
			return true
		}
	}
	return false
}
