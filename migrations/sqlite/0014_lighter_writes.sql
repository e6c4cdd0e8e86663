-- Tasks that wait for a time and nothing else: due ones are found without those that were due long ago and are queued.
CREATE INDEX tasks_timers ON tasks (not_before) WHERE state = 'waiting' AND wait_kind = 'timer';
