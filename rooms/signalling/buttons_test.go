package signalling

import "testing"

func TestWhatPeopleSayWithButtonsGoesOverTheWire(t *testing.T) {
	d := newDesk(t, nil)
	host, _ := d.join("host")
	mother, entered := d.join("mother")
	if r := entered["rights"].(map[string]any); r["ask"] != true || r["support"] != false {
		t.Fatal(r)
	}
	if _, ok := entered["until"]; ok || entered["now"] == nil {
		t.Error("a time that is not known is told", entered)
	}
	of := func(c *client, key string, want any) {
		t.Helper()
		for {
			if m := c.until("member")["member"].(map[string]any); m["id"] == "mother" && m[key] == want {
				return
			}
		}
	}
	if m := mother.until("private"); len(m["may"].([]any)) != 1 || m["may"].([]any)[0] != "host" {
		t.Fatal(m)
	}
	mother.send(map[string]any{"type": "private", "member": "host"})
	of(host, "private", true)
	host.send(map[string]any{"type": "return"})
	of(host, "private", false)
	mother.send(map[string]any{"type": "break", "on": true})
	of(host, "break", true)
	host.send(map[string]any{"type": "break", "on": false, "member": "mother"})
	of(host, "break", false)
	mother.send(map[string]any{"type": "hand", "on": true})
	of(host, "hand", 1.0)
	host.send(map[string]any{"type": "hand", "on": false, "member": "mother"})
	of(host, "hand", 0.0)
	mother.send(map[string]any{"type": "unclear"})
	if m := host.until("unclear"); m["member"] != "mother" {
		t.Error(m)
	}
	if m := mother.until("told"); len(m["members"].([]any)) != 1 {
		t.Error(m)
	}
	host.send(map[string]any{"type": "lock", "on": true})
	if m := mother.until("locked"); m["on"] != true {
		t.Error(m)
	}
	d.join("guest")
	for {
		m := host.until("lobby")
		if len(m["waiting"].([]any)) != 0 {
			t.Fatal("a locked room tells who waits", m)
		}
		if m["count"] == 1.0 {
			break
		}
	}
	host.send(map[string]any{"type": "lock", "on": false})
	for len(host.until("lobby")["waiting"].([]any)) != 1 {
	}
	host.send(map[string]any{"type": "admitall", "members": []string{"guest"}})
	for {
		if m := mother.until("member")["member"].(map[string]any); m["id"] == "guest" {
			return
		}
	}
}
