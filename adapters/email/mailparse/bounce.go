package mailparse

func (c *classifier) bounce() (Class, bool) { return Class{}, false }
