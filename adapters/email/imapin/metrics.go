package imapin

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// The results of a mail.
const (
	resultTaken  = "taken"
	resultHeader = "header_only" // over the limit of size
	resultLeft   = "left"        // given up; it stays in the mailbox
)

// Metrics are what an operator watches, one series for each account.
type Metrics struct {
	connected *prometheus.GaugeVec
	lastMail  *prometheus.GaugeVec
	mails     *prometheus.CounterVec
	faults    *prometheus.CounterVec
}

// NewMetrics makes the metrics and registers them; nil registers them nowhere.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		connected: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "kinbridge_imap_connected", Help: "1 while the account's mailbox is watched."}, []string{"account"}),
		lastMail: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "kinbridge_imap_last_mail_timestamp_seconds",
			Help: "When the last mail was taken from the account's mailbox."}, []string{"account"}),
		mails: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "kinbridge_imap_mails_total",
			Help: "Mails by result: taken, header_only (over the limit of size), left (given up)."}, []string{"account", "result"}),
		faults: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "kinbridge_imap_faults_total", Help: "Faults by cause."}, []string{"account", "cause"}),
	}
	if r != nil {
		r.MustRegister(m.connected, m.lastMail, m.mails, m.faults)
	}
	return m
}

func (m *Metrics) up(account string, up bool) {
	v := 0.0
	if up {
		v = 1
	}
	m.connected.WithLabelValues(account).Set(v)
}

func (m *Metrics) last(account string, at time.Time) {
	m.lastMail.WithLabelValues(account).Set(float64(at.UnixMilli()) / 1000)
}

func (m *Metrics) mail(account, result string)   { m.mails.WithLabelValues(account, result).Inc() }
func (m *Metrics) fault(account string, c Cause) { m.faults.WithLabelValues(account, string(c)).Inc() }
