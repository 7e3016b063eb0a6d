package directory_test

import (
	"strings"
	"testing"

	"kinbridge/gateway/directory"
	"kinbridge/gateway/ids"
)

func TestTheAuthorities(t *testing.T) {
	count := map[string]int{}
	slugs, names := map[string]bool{}, map[string]bool{}
	for _, a := range directory.All() {
		count[string(a.Country)]++
		count[string(a.Kind)]++
		if slugs[a.Slug] || names[a.Name] || a.Slug == "" || strings.Trim(a.Slug, "abcdefghijklmnopqrstuvwxyz-") != "" {
			t.Errorf("%+v", a)
		}
		slugs[a.Slug], names[a.Name] = true, true
		if (a.Country == directory.Wales) != (a.WelshName != "") {
			t.Errorf("%s: Welsh name %q", a.Name, a.WelshName)
		}
		if got, ok := directory.BySlug(a.Slug); !ok || got.Name != a.Name {
			t.Errorf("%s is not found by its slug", a.Slug)
		}
		for _, n := range []string{a.Name, a.Name + " Council", strings.ToUpper(a.Name), "the " + a.Name + " County Council", a.WelshName} {
			if got, ok := directory.Named(n); n != "" && (!ok || got.Slug != a.Slug) {
				t.Errorf("%q is %q", n, got.Slug)
			}
		}
	}
	for kind, want := range map[string]int{"england": 153, "wales": 22, "county": 21, "unitary": 62, "metropolitan": 36, "london_borough": 32, "city_of_london": 1, "isles": 1, "principal_area": 22} {
		if count[kind] != want {
			t.Errorf("%d of %s, want %d", count[kind], kind, want)
		}
	}
	for _, gone := range []string{"cumbria", "northamptonshire", "bournemouth", "poole", "avon", "south-bucks", "carlisle", "mendip", "craven"} {
		if slugs[gone] {
			t.Errorf("%s has no children's services (any more)", gone)
		}
	}
}

func TestWhatPeopleCallThem(t *testing.T) {
	for name, want := range map[string]string{
		"London Borough of Camden": "camden", "LB Camden": "camden", "Camden LBC": "camden", "Royal Borough of Kensington & Chelsea": "kensington-and-chelsea", "RBKC": "kensington-and-chelsea",
		"Royal Borough of Greenwich": "greenwich", "City of Westminster": "westminster", "Westminster City Council": "westminster", "City of London Corporation": "city-of-london", "City of London": "city-of-london",
		"St. Helen's": "st-helens", "Saint Helens Metropolitan Borough Council": "st-helens", "st helens MBC": "st-helens", "Durham County Council": "county-durham", "Hull City Council": "kingston-upon-hull",
		"Kingston-upon-Hull": "kingston-upon-hull", "Royal Borough of Kingston upon Thames": "kingston-upon-thames", "B&NES": "bath-and-north-east-somerset", "BCP Council": "bournemouth-christchurch-and-poole",
		"Bournemouth Christchurch & Poole": "bournemouth-christchurch-and-poole", "Council of the Isles of Scilly": "isles-of-scilly", "Cyngor Sir Ynys Môn": "isle-of-anglesey", "Ynys Mon": "isle-of-anglesey", "Anglesey": "isle-of-anglesey",
		"Cyngor Caerdydd": "cardiff", "Pen-y-bont ar Ogwr": "bridgend", "Cyngor Sir Gâr": "carmarthenshire", "Sir Gar": "carmarthenshire", "Cyngor Bwrdeistref Sirol Rhondda Cynon Taf": "rhondda-cynon-taf", "RCT": "rhondda-cynon-taf",
		"Stoke on Trent City Council": "stoke-on-trent", "City of York Council": "york", "North Yorkshire Council": "north-yorkshire", "Birmingham Children's Trust": "birmingham", "Leicester City Council": "leicester",
		"Leicestershire County Council": "leicestershire", "Nottingham": "nottingham", "Children’s Services, Derby City Council": "derby", "Herefordshire Council": "herefordshire", "The Wirral": "wirral", "Bro Morgannwg": "vale-of-glamorgan",
		"Newcastle City Council": "newcastle-upon-tyne", "Newcastle-upon-Tyne": "newcastle-upon-tyne", "SIR BENFRO": "pembrokeshire", "Telford & Wrekin": "telford-and-wrekin",
	} {
		if a, ok := directory.Named(name); !ok || a.Slug != want {
			t.Errorf("%q is %q, want %s", name, a.Slug, want)
		}
	}
	for _, name := range []string{"", "Council", "Cumbria", "Northamptonshire", "Achieving for Children", "Anytown", "North", "Somerset North East", "!!", "\xff"} {
		if a, ok := directory.Named(name); ok {
			t.Errorf("%q is %s", name, a.Slug)
		}
	}
}

func TestSearchAsTyped(t *testing.T) {
	for query, want := range map[string]string{
		"cam": "cambridgeshire camden", "kens": "kensington-and-chelsea", "chel": "kensington-and-chelsea", "north som": "north-somerset bath-and-north-east-somerset", "somerset": "somerset north-somerset bath-and-north-east-somerset",
		"ynys": "isle-of-anglesey", "mon": "monmouthshire isle-of-anglesey", "Môn": "monmouthshire isle-of-anglesey", "saint h": "st-helens", "st h": "st-helens", "royal borough of w": "waltham-forest wakefield walsall",
		"northamptonshire": "north-northamptonshire west-northamptonshire", "cumbria": "cumberland westmorland-and-furness", "achieving": "kingston-upon-thames richmond-upon-thames windsor-and-maidenhead",
		"abert": "swansea", "zzz": "", "": "", "of": "",
	} {
		var got []string
		for _, a := range directory.Search(query, 50) {
			got = append(got, a.Slug)
		}
		if query == "royal borough of w" {
			if len(got) < 8 { // whatever begins with W
				t.Errorf("%q: %v", query, got)
			}
			continue
		}
		if strings.Join(sorted(got), " ") != strings.Join(sorted(strings.Fields(want)), " ") || want != "" && got[0] != strings.Fields(want)[0] {
			t.Errorf("%q: %v, want %s", query, got, want)
		}
	}
	if len(directory.Search("s", 5)) != 5 || len(directory.Search("s", 0)) != 0 || len(directory.Search("s", -1)) != 0 {
		t.Error("the limit does not hold")
	}
}

func sorted(in []string) []string {
	out := append([]string(nil), in...)
	for i := range out {
		for j := i; j > 0 && out[j] < out[j-1]; j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}

func TestNamesInTheirLanguage(t *testing.T) {
	a, _ := directory.BySlug("swansea")
	e, _ := directory.BySlug("leeds")
	if a.In("cy") != "Abertawe" || a.In("en") != "Swansea" || e.In("cy") != "Leeds" {
		t.Error(a.In("cy"), e.In("cy"))
	}
}

func TestDutyTable(t *testing.T) {
	got, faults, err := directory.ReadDuty([]byte("Council;Email;Tel;Email domain\nLondon Borough of Camden;duty@camden.anytown.example;01632 960001 ext 12;@camden.anytown.example; \n" +
		"ynys-mon;x@y.example;;\nYnys Mon;;01632 960002;mon.example; \nisle-of-anglesey;;01632 960003;\nLeeds;no address;call us;leeds\nYork;;;\n;a@b.example;;\nBath;a@b.example;;gmail.com\nStoke;;+44 (0)1632 960004;b.example\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[0].Slug != "camden" || got[0].Email != "duty@camden.anytown.example" || got[0].Domains[0] != "camden.anytown.example" || got[1].Slug != "isle-of-anglesey" || got[2].Slug != "stoke-on-trent" {
		t.Errorf("%+v", got)
	}
	text := ids.Public(faults.Err())
	for _, want := range []string{"Row 4, authority: Row 3 is for the same", "Row 5, authority: Row 3 is for the same", "Row 6, duty_email", "Row 6, duty_phone", "Row 6, domain: “leeds”", "Row 7: It has no email",
		"Row 8, authority: It names no", "Row 9, domain: Anybody can have", "Row 9, authority: There is no one authority of this name. Did you mean Bath and North East Somerset?"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if _, _, err := directory.ReadDuty([]byte("email,phone\na,b\n")); err == nil || !strings.Contains(err.Error(), "authority") {
		t.Error(err)
	}
}

func FuzzReadDuty(f *testing.F) {
	f.Add([]byte("council,email,tel,domain\nLeeds,a@b.example,01632 960001,b.example\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, _, err := directory.ReadDuty(b)
		for _, d := range got {
			if _, ok := directory.BySlug(d.Slug); !ok || err != nil || d.Email == "" && d.Phone == "" && len(d.Domains) == 0 {
				t.Fatalf("%+v %v", d, err)
			}
		}
	})
}

func FuzzSearch(f *testing.F) {
	f.Add("royal borough of ken")
	f.Fuzz(func(t *testing.T, q string) {
		if len(directory.Search(q, 7)) > 7 {
			t.Fatal("too many")
		}
		directory.Named(q)
	})
}
