-- Tasks that several agents do: who votes and by which terms, and the decision that answers which differ have opened.
ALTER TABLE tasks ADD COLUMN decide TEXT;
ALTER TABLE tasks ADD COLUMN decision_id UUID;

-- Those that wait for their voters or for a verdict.
CREATE INDEX tasks_voted ON tasks (id) WHERE decide IS NOT NULL AND state = 'waiting' AND wait_kind = 'decision';
CREATE INDEX tasks_decided ON tasks (decision_id) WHERE decision_id IS NOT NULL;
