package fetch

import (
	"context"
	"sync/atomic"

	"tulou/protocol/fault"
)

type budgetKey struct{}

// WithBudget returns a context under which at most BudgetRequests requests are made, by any number
// of goroutines: what one activity of a stranger may cause. The fault beyond it is TooLarge, which
// is not temporary. Without a budget only the other limits hold. A budget within a budget is the
// outer one.
func WithBudget(ctx context.Context) context.Context {
	if ctx.Value(budgetKey{}) != nil {
		return ctx
	}
	left := new(atomic.Int64)
	left.Store(BudgetRequests)
	return context.WithValue(ctx, budgetKey{}, left)
}

func spend(ctx context.Context) error {
	left, ok := ctx.Value(budgetKey{}).(*atomic.Int64)
	if ok && left.Add(-1) < 0 {
		return fault.New(fault.TooLarge, "one activity may not cause more than %d requests", BudgetRequests)
	}
	return nil
}
