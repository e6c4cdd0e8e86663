package com.acme.sim;

import java.util.Arrays;
import java.util.Random;

public final class MonteCarlo {

    private final Random random;
    private final double drift;
    private final double volatility;

    public MonteCarlo(long seed, double drift, double volatility) {
        this.random = new Random(seed);
        this.drift = drift;
        this.volatility = volatility;
    }

    private double path(double start, int days) {
        double value = start;
        double step = 1.0 / 252;
        for (int i = 0; i < days; i++) {
            double shock = random.nextGaussian() * volatility * Math.sqrt(step);
            value *= Math.exp((drift - volatility * volatility / 2) * step + shock);
        }
        return value;
    }

    public double quantile(double start, int days, int runs, double q) {
        if (runs < 1 || q < 0 || q > 1) {
            throw new IllegalArgumentException("runs and quantile out of range");
        }
        double[] ends = new double[runs];
        for (int i = 0; i < runs; i++) {
            ends[i] = path(start, days);
        }
        Arrays.sort(ends);
        return ends[(int) Math.min(runs - 1, Math.floor(q * runs))];
    }
}
