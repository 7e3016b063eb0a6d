package main

import "kinbridge/gateway/policy"

type policyCmd struct {
	Explain explainCmd `cmd:"" help:"Print the rule book: who may do what, when, and why."`
}

type explainCmd struct {
	Acts []string `arg:"" optional:"" help:"Acts to explain (read_message …); none = the whole book."`
}

// Run prints the rules that the program decides by: the book is the rules themselves.
func (c explainCmd) Run(out *output) error {
	acts := make([]policy.Act, len(c.Acts))
	for i, a := range c.Acts {
		acts[i] = policy.Act(a)
	}
	return policy.Explain(out.Out, acts...)
}
