package flow

import "sync"

// Bus carries hints that something changed inside one process. It never blocks and never carries content; losing a hint costs
// time, not a message.
type Bus struct {
	mu   sync.Mutex
	ears map[string]map[chan struct{}]bool
}

// NewBus returns an empty bus.
func NewBus() *Bus { return &Bus{ears: map[string]map[chan struct{}]bool{}} }

// Listen returns a channel that is filled when the topic is woken, and a function that ends the listening.
func (b *Bus) Listen(topic string) (<-chan struct{}, func()) {
	ear := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ears[topic] == nil {
		b.ears[topic] = map[chan struct{}]bool{}
	}
	b.ears[topic][ear] = true
	return ear, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.ears[topic], ear)
		if len(b.ears[topic]) == 0 {
			delete(b.ears, topic)
		}
	}
}

// Wake fills the channels of everybody who listens to one of the topics.
func (b *Bus) Wake(topics []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range topics {
		for ear := range b.ears[t] {
			select {
			case ear <- struct{}{}:
			default: // it is filled already
			}
		}
	}
}
