package smtpout

import "github.com/prometheus/client_golang/prometheus"

// tlsCount is one counter as it is served.
type tlsCount struct {
	Domain, Policy string
	Result         Result
	Count          int
}

// tlsCounts gathers the counters.
func (s *Sender) tlsCounts() (out []tlsCount) {
	reg := prometheus.NewRegistry()
	reg.MustRegister(s.report.counter)
	families, err := reg.Gather()
	if err != nil {
		panic(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			label := map[string]string{}
			for _, l := range m.GetLabel() {
				label[l.GetName()] = l.GetValue()
			}
			out = append(out, tlsCount{label["domain"], label["policy"], Result(label["result"]), int(m.GetCounter().GetValue())})
		}
	}
	return out
}
