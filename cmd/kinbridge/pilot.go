package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"kinbridge/gateway/cases"
)

// pilotSeed makes the pilot's world the same each time but for identifiers and keys: its margins are fixed whatever it is.
const pilotSeed = 2026

// The pilot's margins, as published for a pilot in two prisons.
const (
	pilotAuthorities = 56
	pilotShared      = 3 // authorities with cases in both prisons
	pilotChildren    = 249
	pilotFamilies    = 67 // with more than one child under 18
	pilotApart       = 42 // of these
	pilotOpen        = 26
)

var (
	pilotMothers   = [2]int{46, 48}
	pilotAt        = [2]int{27, 32} // authorities by prison
	pilotWorkers   = []int{9, 66, 16, 1}
	pilotPrisons   = [2]string{"fenbrook", "larkfield"}
	pilotCaseOwner = [2]string{"rhian", "dana"}
)

// pilotPlan is who there is in the pilot's world: everybody and every place is invented. It says nothing of what happened.
type pilotPlan struct {
	authorities []pilotBody
	families    []pilotFamily
}

type pilotBody struct{ key, name, domain string }

type pilotFamily struct {
	name, number, reference, lang string
	prison                        int
	opened, closed                int // days before today; closed 0 = the case is open
	children                      []pilotChild
	workers                       []pilotWorker
}

type pilotChild struct {
	name      string
	age       int // days
	authority int // -1 = none looks after the child
	home      int // 0 = not known
	relation  cases.Relation
}

type pilotWorker struct {
	key, name, email string
	authority        int
}

// planPilot draws the world.
func planPilot(seed uint64) pilotPlan {
	p := pilotPlan{}
	rng := rand.New(rand.NewPCG(seed, 29))
	for i := range pilotAuthorities {
		place := pilotPlaces[i/len(pilotPlaceEnds)] + pilotPlaceEnds[i%len(pilotPlaceEnds)]
		kind := []string{"County Council", "Borough Council", "City Council"}[i%3]
		p.authorities = append(p.authorities, pilotBody{key: strings.ToLower(place), name: place + " " + kind, domain: strings.ToLower(place) + ".example"})
	}
	p.mothers(rng)
	p.childrenOf(rng)
	p.lookedAfter(rng)
	p.workersOf(rng)
	return p
}

// mothers draws the women and how long their cases have been open, or were.
func (p *pilotPlan) mothers(rng *rand.Rand) {
	total := pilotMothers[0] + pilotMothers[1]
	open := rng.Perm(total)[:pilotOpen]
	surnames := rng.Perm(len(pilotNames) * len(pilotNameEnds))
	for i := range total {
		f := pilotFamily{number: fmt.Sprintf("A%04dXZ", 2001+i), reference: fmt.Sprintf("KB-%d", 2001+i), lang: "en"}
		f.name = pilotFirst[i%len(pilotFirst)] + " " + pilotNames[surnames[i]/len(pilotNameEnds)] + pilotNameEnds[surnames[i]%len(pilotNameEnds)]
		if i >= pilotMothers[0] {
			f.prison = 1
		}
		if rng.IntN(12) == 0 {
			f.lang = "cy"
		}
		if slices.Contains(open, i) {
			f.opened = 40 + rng.IntN(360)
		} else {
			f.opened = 240 + rng.IntN(460)
			f.closed = 20 + rng.IntN(f.opened-120)
		}
		p.families = append(p.families, f)
	}
}

// childrenOf draws the children: of one woman in each prison they are none of her own.
func (p *pilotPlan) childrenOf(rng *rand.Rand) {
	others := map[int]cases.Relation{rng.IntN(pilotMothers[0]): cases.Grandchild, pilotMothers[0] + rng.IntN(pilotMothers[1]): cases.StepChild}
	var own []int
	for i := range p.families {
		if rel, ok := others[i]; ok {
			p.families[i].children = []pilotChild{{name: pilotKids[i%len(pilotKids)], age: 2600 + rng.IntN(2000), relation: rel}}
		} else {
			own = append(own, i)
		}
	}
	rng.Shuffle(len(own), func(a, b int) { own[a], own[b] = own[b], own[a] })
	young, grown := make([]int, len(own)), make([]int, len(own)) // how many of her own, under 18 and not
	for i := range own {
		young[i] = 1
		if i < pilotFamilies {
			young[i] = 2
		}
	}
	for left := pilotChildren - len(own) - pilotFamilies; left > 0; {
		i := rng.IntN(len(own))
		switch {
		case i < pilotFamilies && young[i] < 5 && rng.IntN(8) > 0:
			young[i]++
		case grown[i] < 2 && rng.IntN(3) == 0:
			grown[i]++
		default:
			continue
		}
		left--
	}
	for i, at := range own {
		p.families[at].own(rng, young[i], grown[i], i < pilotApart)
	}
}

// own draws a woman's own children. The young ones are so on the day on which the case is counted, and were born before it was opened.
func (f *pilotFamily) own(rng *rand.Rand, young, grown int, apart bool) {
	names := rng.Perm(len(pilotKids))
	homes := rng.IntN(2) + 2
	for n := range young + grown {
		k := pilotChild{name: pilotKids[names[n]], relation: cases.OwnChild}
		if n < young {
			k.age = f.opened + 30 + rng.IntN(16*365-f.opened-30)
			if k.home = 1; apart && n > 0 {
				k.home = 1 + rng.IntN(homes)
			}
			if apart && n == 1 {
				k.home = 2
			}
		} else {
			k.age = 21*365 + rng.IntN(3*365)
		}
		f.children = append(f.children, k)
	}
}

// lookedAfter says which authority looks after which child: each of those that a prison's cases have is of one of them at least.
func (p *pilotPlan) lookedAfter(rng *rand.Rand) {
	for prison := range pilotMothers {
		var pool []int
		for a := range pilotAuthorities {
			first := a < pilotAt[0]
			if a < pilotShared || first == (prison == 0) {
				pool = append(pool, a)
			}
		}
		rng.Shuffle(len(pool), func(a, b int) { pool[a], pool[b] = pool[b], pool[a] })
		n := 0
		for i := range p.families {
			f := &p.families[i]
			if f.prison != prison {
				continue
			}
			main, second := pool[n%len(pool)], -1
			if rng.IntN(4) == 0 {
				second = pool[rng.IntN(len(pool))]
			}
			n++
			for k := range f.children {
				child := &f.children[k]
				switch {
				case child.age >= 18*365+200:
					child.authority = -1
				case k > 0 && second >= 0 && child.home > 1:
					child.authority = second
				case k > 1 && rng.IntN(12) == 0:
					child.authority = -1
				default:
					child.authority = main
				}
			}
		}
	}
}

// workersOf gives the cases of women with children of their own their allocated social workers.
func (p *pilotPlan) workersOf(rng *rand.Rand) {
	var many []int
	for n, k := range pilotWorkers {
		for range k {
			many = append(many, n)
		}
	}
	rng.Shuffle(len(many), func(a, b int) { many[a], many[b] = many[b], many[a] })
	made := 0
	for i := range p.families {
		f := &p.families[i]
		if f.children[0].relation != cases.OwnChild {
			continue
		}
		var of []int
		for _, k := range f.children {
			if k.authority >= 0 && !slices.Contains(of, k.authority) {
				of = append(of, k.authority)
			}
		}
		for n := range many[0] {
			w := pilotWorker{authority: of[n%len(of)]}
			w.name = pilotFirst[(made*7+3)%len(pilotFirst)] + " " + pilotNames[made%len(pilotNames)] + pilotNameEnds[(made*5+2)%len(pilotNameEnds)]
			w.email = strings.ReplaceAll(strings.ToLower(w.name), " ", ".") + fmt.Sprintf(".%d@", made+1) + p.authorities[w.authority].domain
			w.key = w.email
			f.workers = append(f.workers, w)
			made++
		}
		many = many[1:]
	}
}

// Invented places and names, made of parts.
var (
	pilotPlaces    = []string{"Alder", "Bryn", "Corv", "Dellan", "Elver", "Farrow", "Gild"}
	pilotPlaceEnds = []string{"mere", "ling", "combe", "stow", "wick", "moor", "holt", "marsh"}
	pilotNames     = []string{"Ash", "Birch", "Cran", "Dun", "Elder", "Fern", "Gorse", "Hazel", "Iver", "Larch", "Maple", "Rowan"}
	pilotNameEnds  = []string{"well", "ford", "ley", "croft", "dale", "by", "worth", "stone"}
	pilotFirst     = []string{"Anna", "Beth", "Cerys", "Dawn", "Ellie", "Fiona", "Gemma", "Helen", "Iona", "Jade", "Kelly", "Lisa", "Mandy", "Nadia", "Olwen", "Paula", "Rosie", "Sian", "Tanya", "Wendy", "Yasmin", "Zoe"}
	pilotKids      = []string{"Alfie", "Bella", "Callum", "Daisy", "Ethan", "Freya", "George", "Holly", "Isaac", "Jasmine", "Kai", "Lily", "Mason", "Nia", "Oscar", "Poppy", "Riley", "Seren", "Tyler", "Willow"}
)
