package replytext

import (
	"strings"
	"testing"
)

// TestIntroductions has one case for each way in which programs introduce what is answered; the author's words are the first paragraph.
func TestIntroductions(t *testing.T) {
	for _, body := range []string{
		"Fine by me.\n\n2025-03-03 10:00 GMT+00:00 Kin Bridge <k@kin.example>:\n> x\n",
		"Fine by me.\n\n2025-03-03 10:00 GMT+00:00 Kin Bridge <k@kin.example>:\n\nold text\n",
		"Fine by me.\n\n2025-03-03 10:00, Kin Bridge:\n> x\n",
		"Fine.\n\nAt 10:00 03/03/2025, you wrote:\n>x\n",
		"Fine.\n\nMonday, March 3, 2025, 10:00:00 AM, you wrote:\n\n> x\n",
		"Fine.\n\nOn Mon, 3 Mar 2025, A <a@b.example> wrote:\n\n> On Sun, 2 Mar 2025, C <c@d.example> wrote:\n>> y\n> x\n",
		"Fine.\n\n*-----Original Message-----*\n*From:* K\n*Sent:* x\n\nold\n",
		"Fine.\n\n=====Original Message=====\nFrom: K <k@kin.example>\n\nold\n",
		"Хорошо.\n\n3 марта 2025 г., 10:00, Иван <i@kin.example> написал:\n> x\n",
		"Хорошо.\n\nпн, 3 мар. 2025 г. в 10:00, Иван Петров <i@kin.example>:\n\n> x\n",
		"Ok.\n\nLe lun. 3 mars 2025 à 10:00, K <k@kin.example> a écrit :\n\n> x\n",
		"Ok.\n\nEl lun, 3 mar 2025 a las 10:00, K (<k@kin.example>) escribió:\n\n> x\n",
		"Ok.\n\nAm Mo., 3. März 2025 um 10:00 Uhr schrieb K <k@kin.example>:\n\n> x\n",
		"Ok.\n\nAm 03.03.2025 um 10:00 schrieb K:\n> x\n",
		"Ok.\n\nOp ma 3 mrt 2025 om 10:00 schreef K <k@kin.example>:\n\n> x\n",
		"Ok.\n\nIl giorno lun 3 mar 2025 alle ore 10:00 K <k@kin.example> ha scritto:\n\n> x\n",
		"Ok.\n\nEm seg., 3 de mar. de 2025 às 10:00, K <k@kin.example> escreveu:\n\n> x\n",
		"Ok.\n\npon., 3 mar 2025 o 10:00 K <k@kin.example> napisał(a):\n\n> x\n",
		"Ok.\n\nDen mån 3 mars 2025 kl 10:00 skrev K <k@kin.example>:\n\n> x\n",
		"Ok.\n\n2025年3月3日(月) 10:00 K <k@kin.example>:\n\n> x\n",
		"Ok.\n\n在 2025年3月3日，上午10:00，K <k@kin.example> 写道：\n\n> x\n",
		"Ok.\n\n2025년 3월 3일 (월) 오전 10:00, K <k@kin.example>님이 작성:\n\n> x\n",
		"Ok.\n\nHar 3 Mart 2025 Pzt, 10:00 tarihinde K <k@kin.example> şunu yazdı:\n\n> x\n",
		"Ok.\n\nVào Th 2, 3 thg 3, 2025 vào lúc 10:00 K <k@kin.example> đã viết:\n\n> x\n",
		"Ok.\n\n---- On Mon, 03 Mar 2025 10:00:00 +0000 K <k@kin.example> wrote ----\n\nold text\n",
		"Ok.\n\nKin Bridge ---03/03/2025 10:00:00 AM---When is the review?\n\nFrom: Kin Bridge <k@kin.example>\nTo: Jo\nDate: 03/03/2025\nSubject: x\n\nold\n",
		"Ok.\n\nKin Bridge/LA wrote on 03/03/2025 10:00:00:\n\n> x\n",
		"Ok.\n\nQuoting Kin Bridge <k@kin.example>:\n\n> x\n",
		"Ok.\n\nFrom: k@kin.example\nTo: jo@la.example\nSubject: x\nDate: Mon, 3 Mar 2025 10:00:00 +0000\n\nold\n",
		"Ok.\n\nDate: Mon, 3 Mar 2025 10:00:00 +0000\nFrom: k@kin.example\nTo: jo@la.example\n\nold\n",
		"Ok.\n\n> From: k@kin.example\n> To: jo@la.example\n> Subject: x\n> Date: Mon, 3 Mar 2025\n> \n> old\n",
		"Ok.\n\n________________________________\nVon: K\nGesendet: Montag\nAn: Jo\nBetreff: x\n\nold\n",
		"Ok.\n\nSent from Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\nFrom: K <k@kin.example>\nSent: Monday\nTo: Jo\nSubject: x\n\nold\n",
		"Ok.\n\n-------- Original message --------\nFrom: K <k@kin.example>\nDate: 03/03/2025 10:00 (GMT+00:00)\nTo: Jo <jo@la.example>\nSubject: x\n\nold\n",
		"Ok.\n\nBegin forwarded message:\n\n> From: K\n> old\n",
		"Ok\n\nOn 3 March 2025, K wrote:\n\n\told text\n\nother\n",
		"Please see below.\n\n##- Please type your reply above this line -##\n\nold",
		"Fine.\n\nThe contents of this email are confidential.\nDo not forward.\n",
		"Mae hynny'n iawn.\n\nDiolch,\nJo\n\nMae'r e-bost hwn yn gyfrinachol.\nThis email is confidential.\n",
	} {
		want, _, _ := strings.Cut(body, "\n\n")
		if r := splitText(t, body); r.Text != want {
			t.Errorf("%q\ntext %q\nsignature %q\nquoted %q", body, r.Text, r.Signature, r.Quoted)
		}
	}
}

// TestSignatures has one case for each kind of signature, and for words that only look like one.
func TestSignatures(t *testing.T) {
	for _, c := range []struct{ body, text string }{
		{"Hi K,\n\nI will be there at 10.\n\nThanks,\nJo Price\nTeam Manager\n", "Hi K,\n\nI will be there at 10."},
		{"I will be there.\n\nJo Price | Social Worker | Example Council\n01632 960 123 | www.la.example\n", "I will be there."},
		{"I will be there.\n\nJP\n", "I will be there."},
		{"I will be there.\nThanks!\n", "I will be there.\nThanks!"},
		{"Thanks for this. I will be there.\n\nBest,\nJo\n", "Thanks for this. I will be there."},
		{"See the plan:\n\n----------\nStep 1\n----------\nStep 2\n\nOK?\n", "See the plan:\n\n----------\nStep 1\n----------\nStep 2\n\nOK?"},
		{"Thanks Sarah\n\nShe will be there.\n", "Thanks Sarah\n\nShe will be there."},
		{"Best wishes to her on her birthday.\n", "Best wishes to her on her birthday."},
		{"Please call me on 01632 960123.\n", "Please call me on 01632 960123."},
		{"The people coming are:\n\nAnn Lee\nSam Okoro\n", "The people coming are:\n\nAnn Lee\nSam Okoro"},
		{"Her address is:\n\n1 High Street\nExampleton\n", "Her address is:\n\n1 High Street\nExampleton"},
		{"Is Tuesday good?\n\nMit freundlichen Grüßen\nJo\n", "Is Tuesday good?"},
		{"Iawn.\n\nGyda diolch a chofion cynnes,\n\nJo Price (hi)\nGweithiwr Cymdeithasol\n", "Iawn."},
	} {
		if r := splitText(t, c.body); r.Text != c.text {
			t.Errorf("%q\ntext %q, want %q\nsignature %q", c.body, r.Text, c.text, r.Signature)
		}
	}
}
