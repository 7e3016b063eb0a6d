package charset

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// charsetAlias maps names seen in mail that the WHATWG and IANA tables lack, or mean too narrowly.
var charsetAlias = map[string]string{
	"utf8": "utf-8", "utf8mb4": "utf-8", "utf-8n": "utf-8", "unicode-1-1-utf-8": "utf-8", "cp65001": "utf-8", "utf_8": "utf-8",
	"x-utf-8": "utf-8", "unicode": "utf-16", "ucs-2": "utf-16", "iso-10646-ucs-2": "utf-16", "ucs-4": "utf-32",
	"unicode-1-1-utf-7": "utf-7", "x-unicode-2-0-utf-7": "utf-7", "utf7": "utf-7", "cp65000": "utf-7", "unicode-2-0-utf-7": "utf-7",
	"gb2312": "gb18030", "gbk": "gb18030", "cp936": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030", "euc-cn": "gb18030",
	"x-euc-cn": "gb18030", "ms936": "gb18030", "windows-936": "gb18030", "gb-18030": "gb18030", "chinese": "gb18030", "hz": "hz-gb-2312",
	"cp950": "big5", "ms950": "big5", "big-5": "big5", "big5-hkscs": "big5", "x-x-big5": "big5", "windows-950": "big5",
	"cp932": "shift_jis", "ms932": "shift_jis", "windows-31j": "shift_jis", "sjis": "shift_jis", "shift-jis": "shift_jis",
	"x-sjis": "shift_jis", "ms_kanji": "shift_jis", "cp943": "shift_jis", "eucjp": "euc-jp", "x-euc-jp": "euc-jp", "ujis": "euc-jp",
	"cp51932": "euc-jp", "iso-2022-jp-1": "iso-2022-jp", "iso-2022-jp-2": "iso-2022-jp", "iso-2022-jp-3": "iso-2022-jp",
	"iso-2022-jp-ms": "iso-2022-jp", "cp50220": "iso-2022-jp", "cp50221": "iso-2022-jp", "cp50222": "iso-2022-jp", "jis": "iso-2022-jp",
	"ks_c_5601-1987": "euc-kr", "ks_c_5601": "euc-kr", "ksc5601": "euc-kr", "cp949": "euc-kr", "uhc": "euc-kr", "x-windows-949": "euc-kr",
	"windows-949": "euc-kr", "ms949": "euc-kr", "korean": "euc-kr", "johab": "johab",
	"latin1": "windows-1252", "latin-1": "windows-1252", "iso8859-1": "windows-1252", "iso_8859_1": "windows-1252",
	"iso-8859-1-windows-3.1-latin-1": "windows-1252", "ansi_x3.110-1983": "windows-1252", "ansi": "windows-1252",
	"iso-8859-1:1987": "windows-1252", "iso8859_1": "windows-1252", "8859_1": "windows-1252", "windows1252": "windows-1252", "iso-latin-1": "windows-1252",
	"latin9": "iso-8859-15", "latin-9": "iso-8859-15", "iso8859-15": "iso-8859-15", "x-mac-roman": "macintosh", "mac": "macintosh",
	"tis-620": "windows-874", "tis620": "windows-874", "iso-8859-11": "windows-874", "cp874": "windows-874",
	"koi8": "koi8-r", "koi8r": "koi8-r", "koi8u": "koi8-u", "koi8-ru": "koi8-u", "dos-866": "ibm866", "alt": "ibm866", "cp858": "ibm00858", "ibm858": "ibm00858",
	"iso-8859-9e": "iso-8859-9", "iso-8859-8-e": "iso-8859-8", "iso-8859-8i": "iso-8859-8-i", "iso-8859-6-e": "iso-8859-6", "iso-8859-6-i": "iso-8859-6",
	"macroman": "macintosh", "mac-roman": "macintosh", "x-macroman": "macintosh", "x-mac": "macintosh", "apple-roman": "macintosh", "x-mac-ukrainian": "x-mac-cyrillic",
	"mac-cyrillic": "x-mac-cyrillic", "maccyrillic": "x-mac-cyrillic", "visual": "iso-8859-8", "logical": "iso-8859-8-i", "viscii1.1-1": "viscii", "csviscii": "viscii", "viscii1.1": "viscii",
	"x-viet-tcvn": "windows-1258", "cp1258": "windows-1258", "greek": "iso-8859-7", "cyrillic": "iso-8859-5", "hebrew": "iso-8859-8", "arabic": "iso-8859-6", "thai": "windows-874",
	"latin2": "iso-8859-2", "latin-2": "iso-8859-2", "latin5": "iso-8859-9", "turkish": "iso-8859-9", "western": "windows-1252", "win": "windows-1251", "windows": "windows-1252", "pc8": "ibm437",
	"utf-16 le": "utf-16le", "utf16le": "utf-16le", "utf16be": "utf-16be", "utf16": "utf-16", "utf32": "utf-32", "utf-32le": "utf-32", "utf-32be": "utf-32", "iso-10646-ucs-4": "utf-32",
	"gb2312.1980": "gb18030", "gb_2312": "gb18030", "csgb2312": "gb18030", "gb-2312": "gb18030", "gb2312-80": "gb18030", "gb18030-2000": "gb18030", "gb18030-2005": "gb18030",
	"hz-gb-2312": "hz-gb-2312", "hz-gb2312": "hz-gb-2312", "big5hkscs": "big5", "big5-2003": "big5", "big5-eten": "big5", "x-windows-950": "big5",
	"x-ms-cp932": "shift_jis", "shift_jisx0213": "shift_jis", "shift_jis-2004": "shift_jis", "euc_jp": "euc-jp", "euc-jisx0213": "euc-jp", "csiso2022jp": "iso-2022-jp", "iso2022-jp": "iso-2022-jp",
	"iso2022jp": "iso-2022-jp", "iso-2022jp": "iso-2022-jp", "csiso2022kr": "iso-2022-kr", "euckr": "euc-kr", "euc_kr": "euc-kr", "ks_c_5601-1989": "euc-kr", "ksc_5601": "euc-kr", "ks-c-5601": "euc-kr",
}

// undeclared are names that say nothing about the bytes.
var undeclared = map[string]bool{
	"": true, "us-ascii": true, "ascii": true, "ansi_x3.4-1968": true, "7bit": true, "8bit": true, "default": true, "unknown": true,
	"unknown-8bit": true, "x-unknown": true, "default_charset": true, "none": true, "_autodetect": true, "auto": true,
	"x-user-defined": true, "iso-8859": true, "binary": true, "_autodetect_all": true, "us": true, "usascii": true, "iso646-us": true, "646": true,
	"undefined": true, "null": true, "charset": true,
}

// Canonical brings a declared name, in any of the spellings that mail uses, to one name for each charset; "" when it says nothing about
// the bytes. A name that is no charset's comes back in lower case.
func Canonical(name string) string {
	name = strings.ToLower(strings.Trim(name, " \t\"'`;,<>()[]=?\\"))
	if i := strings.IndexAny(name, " \t;,\"'"); i > 0 && !strings.HasPrefix(name, "iso 8859") {
		name = name[:i] // something glued to it
	}
	name = strings.TrimPrefix(name, "charset=")
	name, _, _ = strings.Cut(name, "$") // "_iso-2022-jp$ESC"
	name = strings.Trim(name, "_\"' ")
	if undeclared[name] {
		return ""
	}
	if a, ok := charsetAlias[name]; ok {
		return a
	}
	for _, p := range []string{"cp-125", "cp125", "win-125", "win125", "windows125", "x-cp125", "ms-125", "windows_125", "cs-windows-125", "x-windows-125", "ansi-125"} {
		if rest, ok := strings.CutPrefix(name, p); ok && len(rest) == 1 {
			return "windows-125" + rest
		}
	}
	for _, p := range []string{"iso8859-", "iso-8859_", "iso_8859-", "iso8859_", "iso-8859", "8859-", "x-iso-8859-", "iso 8859-"} {
		if rest, ok := strings.CutPrefix(name, p); ok && len(rest) > 0 && len(rest) <= 3 && rest[0] != '-' {
			return "iso-8859-" + rest
		}
	}
	for _, p := range []string{"cp-", "ibm-", "x-cp", "dos-", "cp", "x-ibm", "oem"} {
		if rest, ok := strings.CutPrefix(name, p); ok && len(rest) == 3 && rest[0] == '8' || ok && rest == "437" {
			return "ibm" + rest
		}
	}
	if n, err := strconv.Atoi(name); err == nil { // a Windows code page by its number alone
		switch {
		case n >= 1250 && n <= 1258:
			return "windows-" + name
		case n >= 28591 && n <= 28605:
			return "iso-8859-" + strconv.Itoa(n-28590)
		case n == 932 || n == 936 || n == 949 || n == 950 || n == 874 || n == 65001 || n == 51932 || n == 50220:
			return charsetAlias["cp"+name]
		case n == 20866:
			return "koi8-r"
		case n == 437 || n >= 850 && n <= 866:
			return "ibm" + name
		}
	}
	if lookupEncoding(name) == nil && name != "viscii" {
		if m := buried.FindStringSubmatch(name); m != nil && m[0] != name {
			return Canonical(m[0])
		}
	}
	return name
}

// buried finds the name of a charset inside a longer word, such as "windows-1252http-equiv" or "charset_iso-8859-1_x".
var buried = regexp.MustCompile(`utf-?8|windows-?125\d|iso-?8859-?1?\d|koi8-?[ru]|gb2312|gb18030|gbk|big5|shift[-_]?jis|euc-?jp|euc-?kr|iso-2022-jp|us-ascii`)

// Known says whether a declared name is one whose bytes can be read.
func Known(declared string) bool {
	name := Canonical(declared)
	return name == "utf-7" || name == "viscii" || strings.HasPrefix(name, "iso-2022-") || name != "" && lookupEncoding(name) != nil
}

// lookupEncoding returns the decoder of a canonical name, or nil.
func lookupEncoding(name string) encoding.Encoding {
	switch name {
	case "hz-gb-2312":
		return simplifiedchinese.HZGB2312
	case "utf-16":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case "utf-32":
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM)
	case "iso-8859-1":
		return charmap.Windows1252
	}
	if e, err := htmlindex.Get(name); err == nil && e != encoding.Replacement {
		return e
	}
	if e, err := ianaindex.MIME.Encoding(name); err == nil && e != nil {
		return e
	}
	if e, err := ianaindex.IANA.Encoding(name); err == nil && e != nil {
		return e
	}
	return nil
}
