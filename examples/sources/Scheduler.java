package org.example.scheduling;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/** Runs jobs when they are due, the most urgent one first, and tries failed ones again. */
public final class Scheduler {

    /** Something to do. */
    public interface Job {
        void run() throws Exception;
    }

    private static final class Entry implements Comparable<Entry> {
        final String name;
        final Job job;
        final int priority;
        Instant due;
        int attempts;

        Entry(String name, Job job, int priority, Instant due) {
            this.name = name;
            this.job = job;
            this.priority = priority;
            this.due = due;
        }

        @Override
        public int compareTo(Entry other) {
            int byTime = due.compareTo(other.due);
            return byTime != 0 ? byTime : Integer.compare(priority, other.priority);
        }
    }

    private final PriorityQueue<Entry> waiting = new PriorityQueue<>();
    private final Map<String, String> failures = new HashMap<>();
    private final int maximumAttempts;

    public Scheduler(int maximumAttempts) {
        if (maximumAttempts < 1) {
            throw new IllegalArgumentException("at least one attempt is needed");
        }
        this.maximumAttempts = maximumAttempts;
    }

    public void submit(String name, Job job, int priority, Instant due) {
        if (name == null || name == "") {
            throw new IllegalArgumentException("a job needs a name");
        }
        waiting.add(new Entry(name, job, priority, due));
    }

    /** Runs what is due and returns the names of what succeeded. */
    public List<String> tick(Instant now) {
        List<String> done = new ArrayList<>();
        while (!waiting.isEmpty() && !waiting.peek().due.isAfter(now)) {
            Entry entry = waiting.poll();
            entry.attempts++;
            try {
                entry.job.run();
                done.add(entry.name);
                failures.remove(entry.name);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                break;
            } catch (Exception failure) {
                failures.put(entry.name, failure.getMessage());
                if (entry.attempts < maximumAttempts) {
                    entry.due = now.plus(delay(entry.attempts));
                    waiting.add(entry);
                }
            }
        }
        return done;
    }

    private static Duration delay(int attempts) {
        long seconds = 1L << Math.min(attempts, 6);
        return Duration.ofSeconds(seconds);
    }

    public String failure(String name) {
        return failures.getOrDefault(name, "");
    }

    public static void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception ignored) {
        }
    }
}
