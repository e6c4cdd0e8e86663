-- Topics, the messages of durable ones, and durable subscriptions with what each has handed out.

CREATE TABLE topics (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    kind TEXT COLLATE "C" NOT NULL,
    -- Retention: seconds, messages.
    maximum_age BIGINT NOT NULL,
    maximum_messages BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL
);

-- The place is that of the message's event.
CREATE TABLE topic_messages (
    seq BIGINT NOT NULL PRIMARY KEY,
    id UUID NOT NULL,
    topic TEXT COLLATE "C" NOT NULL REFERENCES topics (name) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    publisher TEXT NOT NULL,
    dedup_key TEXT COLLATE "C",
    payload TEXT NOT NULL
);

CREATE INDEX topic_messages_by_topic ON topic_messages (topic, seq);
CREATE UNIQUE INDEX topic_messages_by_key ON topic_messages (topic, dedup_key) WHERE dedup_key IS NOT NULL;

CREATE TABLE subscriptions (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    pattern TEXT COLLATE "C" NOT NULL,
    ack_deadline_ms BIGINT NOT NULL,
    maximum_deliveries INTEGER NOT NULL,
    maximum_in_flight INTEGER NOT NULL,
    backoff_initial_ms BIGINT NOT NULL,
    backoff_maximum_ms BIGINT NOT NULL,
    -- Up to which place messages were handed out.
    seen BIGINT NOT NULL,
    next_token BIGINT NOT NULL DEFAULT 1,
    acknowledged BIGINT NOT NULL DEFAULT 0,
    missed BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL
);

-- Messages that were handed out and are not acknowledged: in_flight, waiting, dead.
CREATE TABLE deliveries (
    subscription TEXT COLLATE "C" NOT NULL REFERENCES subscriptions (name) ON DELETE CASCADE,
    seq BIGINT NOT NULL REFERENCES topic_messages (seq) ON DELETE CASCADE,
    stage TEXT COLLATE "C" NOT NULL,
    deliveries INTEGER NOT NULL,
    token BIGINT NOT NULL,
    consumer TEXT NOT NULL,
    -- When it is delivered again; nothing of a dead one.
    due_at BIGINT,
    reason TEXT,
    died_at BIGINT,
    PRIMARY KEY (subscription, seq)
);

CREATE INDEX deliveries_due ON deliveries (subscription, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_of_message ON deliveries (seq);
CREATE INDEX deliveries_dead ON deliveries (died_at) WHERE died_at IS NOT NULL;
