package api

import "kinbridge/gateway/ids"

// Paging is what every list takes.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many items to return at most"`
	Cursor string `query:"cursor" maxLength:"64" doc:"Where to go on: next_cursor of the answer before. Leave out to begin"`
}

// Page is one page of a list.
type Page[T any] struct {
	Items      []T    `json:"items" nullable:"false" doc:"The items, in the order that the operation says"`
	NextCursor string `json:"next_cursor,omitempty" doc:"Give this as cursor for the next page. Missing on the last page"`
}

// List is the answer of a list.
type List[T any] struct{ Body Page[T] }

// pageOf cuts a page out of a whole list. The cursor is the identifier of the last item that was returned, so that what is added meanwhile
// moves nothing.
func pageOf[R, T any](rows []R, p Paging, id func(R) string, item func(R) T) (*List[T], error) {
	from := 0
	if p.Cursor != "" {
		from = -1
		for i, r := range rows {
			if id(r) == p.Cursor {
				from = i + 1
			}
		}
		if from < 0 {
			return nil, ids.E(ids.Invalid, "The cursor no longer points at an item of this list: begin again without it.")
		}
	}
	to := min(from+p.Limit, len(rows))
	out := &List[T]{Body: Page[T]{Items: make([]T, 0, to-from)}}
	for _, r := range rows[from:to] {
		out.Body.Items = append(out.Body.Items, item(r))
	}
	if to < len(rows) && to > from {
		out.Body.NextCursor = id(rows[to-1])
	}
	return out, nil
}
