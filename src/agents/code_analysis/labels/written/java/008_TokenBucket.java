package com.acme.limits;

import java.util.function.LongSupplier;

public final class TokenBucket {

    private final long capacity;
    private final double tokensPerNano;
    private final LongSupplier nanoTime;
    private double tokens;
    private long last;

    public TokenBucket(long capacity, double tokensPerSecond, LongSupplier nanoTime) {
        if (capacity <= 0 || tokensPerSecond <= 0) {
            throw new IllegalArgumentException("capacity and rate must be positive");
        }
        this.capacity = capacity;
        this.tokensPerNano = tokensPerSecond / 1_000_000_000d;
        this.nanoTime = nanoTime;
        this.tokens = capacity;
        this.last = nanoTime.getAsLong();
    }

    public synchronized boolean tryTake(long count) {
        long now = nanoTime.getAsLong();
        tokens = Math.min(capacity, tokens + (now - last) * tokensPerNano);
        last = now;
        if (count <= 0 || tokens < count) {
            return false;
        }
        tokens -= count;
        return true;
    }

    public synchronized long available() {
        return (long) tokens;
    }
}
