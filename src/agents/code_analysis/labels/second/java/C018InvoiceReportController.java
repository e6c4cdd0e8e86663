package com.acme.billing.report;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.format.annotation.DateTimeFormat;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.stereotype.Repository;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/reports/invoices")
public class C018InvoiceReportController {

    private static final Logger log = LoggerFactory.getLogger(C018InvoiceReportController.class);

    private final InvoiceReportRepository repository;

    public C018InvoiceReportController(InvoiceReportRepository repository) {
        this.repository = repository;
    }

    @GetMapping
    public List<InvoiceRow> report(
            @RequestParam @DateTimeFormat(iso = DateTimeFormat.ISO.DATE) LocalDate from,
            @RequestParam @DateTimeFormat(iso = DateTimeFormat.ISO.DATE) LocalDate to,
            @RequestParam(defaultValue = "%") String company,
            @RequestParam(defaultValue = "issued_on") String sort) {
        List<InvoiceRow> rows = repository.find(from, to, company, sort);
        log.info("invoice report with {} rows", rows.size());
        return rows;
    }

    public static class InvoiceRow {
        public long id;
        public String company;
        public BigDecimal total;
    }

    @Repository
    static class InvoiceReportRepository {

        private static final String QUERY =
                "SELECT i.id, c.name, i.total FROM invoices i JOIN companies c ON c.id = i.company_id "
                        + "WHERE i.issued_on BETWEEN ? AND ? AND c.name LIKE '%s' ORDER BY %s";

        private static final RowMapper<InvoiceRow> MAPPER = (rs, n) -> {
            InvoiceRow row = new InvoiceRow();
            row.id = rs.getLong(1);
            row.company = rs.getString(2);
            row.total = rs.getBigDecimal(3);
            return row;
        };

        private final JdbcTemplate jdbc;

        InvoiceReportRepository(JdbcTemplate jdbc) {
            this.jdbc = jdbc;
        }

        List<InvoiceRow> find(LocalDate from, LocalDate to, String company, String sort) {
            String sql = String.format(QUERY, company, sort);
            return jdbc.query(sql, MAPPER, from, to);
        }
    }
}
