package audit

import (
	"context"
	"errors"
	"iter"
	"math"
)

// pageSize is how many rows verification reads at a time.
const pageSize = 4096

// pages reads all rows from a key on, page by page.
func pages[T any](ctx context.Context, from int64, fetch func(context.Context, int64, int) ([]T, error), key func(T) int64) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		for {
			page, err := fetch(ctx, from, pageSize)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if len(page) == 0 {
				return
			}
			for _, row := range page {
				if key(row) < from {
					yield(nil, errors.New("audit: the store's rows are not in order"))
					return
				}
				from = key(row)
			}
			if !yield(page, nil) || from == math.MaxInt64 {
				return
			}
			from++
		}
	}
}

// rows flattens pages.
func rows[T any](p iter.Seq2[[]T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for page, err := range p {
			if err != nil {
				var zero T
				yield(zero, err)
				return
			}
			for _, row := range page {
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}
