package reports

import (
	"fmt"
	"slices"
	"testing"
)

// Drawn are the authorities with the most answers, as they stand in the table.
func TestTheMostAnsweredAreDrawn(t *testing.T) {
	answers := map[string]int{}
	var bars []Bar
	for i := range 30 {
		b := Bar{Text: Text{Name: fmt.Sprintf("%02d", i)}, N: 1}
		answers[b.Name] = 5 + i%3*10
		bars = append(bars, b)
	}
	got := mostAnswered(slices.Clone(bars), func(b Bar) int { return answers[b.Name] })
	if len(got) != mostDrawn || !slices.IsSortedFunc(got, func(a, b Bar) int { return slices.Compare([]byte(a.Name), []byte(b.Name)) }) {
		t.Fatalf("%d: %+v", len(got), got)
	}
	for _, b := range got {
		if answers[b.Name] < 15 {
			t.Errorf("%s with %d answers is drawn before others with more", b.Name, answers[b.Name])
		}
	}
	if few := mostAnswered(bars[:3], nil); len(few) != 3 {
		t.Errorf("%+v", few)
	}
}
