package com.acme.ui;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

public class QueryModel<T> {

    private final List<T> rows;
    private final List<Predicate<T>> where = new ArrayList<>();
    private Comparator<T> orderBy;
    private int limit = 100;

    public QueryModel(List<T> rows) {
        this.rows = List.copyOf(rows);
    }

    public QueryModel<T> where(Predicate<T> condition) {
        where.add(condition);
        return this;
    }

    public QueryModel<T> orderBy(Comparator<T> order) {
        this.orderBy = orderBy == null ? order : orderBy.thenComparing(order);
        return this;
    }

    public QueryModel<T> limit(int value) {
        this.limit = Math.max(0, value);
        return this;
    }

    public List<T> select() {
        List<T> out = new ArrayList<>();
        for (T row : rows) {
            if (where.stream().allMatch(p -> p.test(row))) {
                out.add(row);
            }
        }
        if (orderBy != null) {
            out.sort(orderBy);
        }
        return out.subList(0, Math.min(limit, out.size()));
    }

    public String describe() {
        return String.format(Locale.ROOT, "SELECT %d of %d rows, %d conditions", limit, rows.size(), where.size());
    }
}
