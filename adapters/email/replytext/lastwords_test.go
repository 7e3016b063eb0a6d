package replytext

import (
	"fmt"
	"strings"
	"testing"

	"kinbridge/adapters/email/mailparse"
)

// TestLastWords sets short paragraphs below a sentence that look like names, closings, contacts, markings and titles and are none.
func TestLastWords(t *testing.T) {
	const last = `Tell Ann|Ask Mary|Good Friday|Merry Christmas|Room 4|Ann and Bob|Not Sarah|Only Ann|Ann?|Next Monday|March 5th|07700 900123|a.bell@la.example|` +
		`Thanks|Thanks Ann|Thank you Kin.|Cheers|See you Monday|Hope that helps|Let me know|Please call me.|Love to Ann|All the best to Ann|Good luck!|` +
		`Have a nice day!|Take care|Take care of yourself|Sorry|No worries|Sounds Good|Will Do|Well Done|Great News|Congratulations Ann|Ta x|xx|` +
		`Danke Karin|Bis Montag|Gute Besserung|Frohe Ostern|Schönes Wochenende|Merci Claire|À lundi|Bonne journée|Joyeux Noël|Gracias Ana|` +
		`Feliz Navidad|Buona giornata|Até amanhã|Tot maandag|God Jul|Ha det bra|Wesołych Świąt|Спасибо|Хорошего дня|谢谢|辛苦了|감사합니다.|شكرا|Diolch yn fawr|` +
		`Ann Bell|Mrs Moore|Judge Moore|Family Court|Social worker|Manager|Kiosk 4|Sent|Enclosed|Draft attached|Case 1234|Ref: 12/345|£40|$ ls -la|-1|...|` +
		`P.S. Bring a coat|PS: is there parking?|NB bring a coat|cc Ann|#school|Private|Urgent|Merged|Signed|Seconded|Noted`
	keeps(t, "She can stay until six on Tuesday.\n\n%s\n", last)
}

// TestFirstWords sets paragraphs above a sentence that look like banners, headers, attributions and strokes and are none.
func TestFirstWords(t *testing.T) {
	const first = `External review is on Monday.|Warning: the father came again.|Attention: the room has changed.|This message is for Ann.|` +
		`Sent you the form yesterday|On Monday 4 March 2019 at 10:11 Ann wrote a letter.|You wrote:|In her letter of 4 March 2019 the judge wrote:|Ann wrote:|` +
		`Date: 4 March 2019|To Ann:|From: Ann|Re: your letter of 4 March 2019|From: 4 March 2019 To: 8 March 2019|Original message below|-----|_____________________|` +
		`----- Notes of the visit -----|***** URGENT *****|--- school ---|[04/03/2019 10:11] Ann: hello|04/03/2019 10:11|Kin <k@in.example>|k@in.example:|` +
		`Sender: Ann Bell|Importance: High|Hi Kin <k@in.example>,|Kin Bridge:|Confidential|Confidential: her new address|This is confidential.|` +
		`I am not the intended recipient of this email, it belongs to Ann.|--|...|Am Montag schrieb mir die Schule:|Von: 10:00 Bis: 11:00|Objet : école|件名：学校について|От: понедельника`
	keeps(t, "%s\n\nShe can stay until six on Tuesday. I will bring her coat and the blue bag.\n", first)
}

// keeps splits a message for each of the words, which stand in the place of %s, and wants every line of it in the text.
func keeps(t *testing.T, form, words string) {
	for _, w := range strings.Split(words, "|") {
		body := fmt.Sprintf(form, w)
		m, err := mailparse.Parse([]byte("From: Jo Price <jo.price@la.example>\r\nSubject: Re: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"+
			strings.ReplaceAll(body, "\n", "\r\n")), mailparse.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if r := Split(m); r.Text != strings.TrimSpace(body) && r.Text != strings.TrimRight(strings.TrimLeft(body, "-_\n"), "\n") {
			t.Errorf("%q: text is %q", w, r.Text)
		}
	}
}
