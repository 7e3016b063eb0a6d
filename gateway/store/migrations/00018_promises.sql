-- A reply that promises an answer for later, until a person says whether the answer is still waited for. Both engines read this file. Days are as in 00016.

-- +goose Up
-- promise_id is the message that promises ('' = none waits for a decision), promise_day the day that it names (0 = none).
ALTER TABLE asks ADD COLUMN promise_id TEXT NOT NULL DEFAULT '';
ALTER TABLE asks ADD COLUMN promise_day BIGINT NOT NULL DEFAULT 0;

-- +goose Down
SELECT 'going back is not supported: restore a backup';
