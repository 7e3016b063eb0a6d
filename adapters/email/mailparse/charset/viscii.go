package charset

import "strings"

// visciiHigh are the upper half of VISCII and visciiLow the six control characters it gives to letters (RFC 1456).
const visciiHigh = "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡưàáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"

var (
	visciiLow   = map[byte]rune{0x02: 'Ẳ', 0x05: 'Ẵ', 0x06: 'Ẫ', 0x14: 'Ỷ', 0x19: 'Ỹ', 0x1e: 'Ỵ'}
	visciiTable = []rune(visciiHigh)
)

func decodeVISCII(data []byte) string {
	var b strings.Builder
	for _, c := range data {
		if c >= 0x80 {
			b.WriteRune(visciiTable[c-0x80])
		} else if r, ok := visciiLow[c]; ok {
			b.WriteRune(r)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
