package com.acme.logistics.report;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.springframework.format.annotation.DateTimeFormat;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.stereotype.Repository;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/reports/shipments")
public class C044ShipmentReportController {

    private final ShipmentReportRepository repository;

    public C044ShipmentReportController(ShipmentReportRepository repository) {
        this.repository = repository;
    }

    public enum Sort {
        DATE("s.shipped_on"), WEIGHT("s.weight_grams"), CARRIER("c.name");

        private final String column;

        Sort(String column) {
            this.column = column;
        }
    }

    @GetMapping
    @PreAuthorize("hasRole('DISPATCH')")
    public List<ShipmentRow> report(
            @RequestParam @DateTimeFormat(iso = DateTimeFormat.ISO.DATE) LocalDate day,
            @RequestParam List<String> carriers,
            @RequestParam(defaultValue = "DATE") Sort sort) {
        if (carriers.isEmpty() || carriers.size() > 100) {
            return Collections.emptyList();
        }
        return repository.find(day, carriers, sort);
    }

    public record ShipmentRow(long id, String carrier, int weight) {
    }

    @Repository
    static class ShipmentReportRepository {

        private static final String QUERY =
                "SELECT s.id, c.name, s.weight_grams FROM shipments s JOIN carriers c ON c.id = s.carrier_id "
                        + "WHERE s.shipped_on = ? AND c.code IN (%s) ORDER BY %s";

        private final JdbcTemplate jdbc;

        ShipmentReportRepository(JdbcTemplate jdbc) {
            this.jdbc = jdbc;
        }

        List<ShipmentRow> find(LocalDate day, List<String> carriers, Sort sort) {
            String placeholders = String.join(", ", Collections.nCopies(carriers.size(), "?"));
            String sql = String.format(QUERY, placeholders, sort.column);
            List<Object> args = new ArrayList<>();
            args.add(day);
            args.addAll(carriers);
            return jdbc.query(sql, (rs, n) -> new ShipmentRow(rs.getLong(1), rs.getString(2), rs.getInt(3)), args.toArray());
        }
    }
}
