package com.acme.payroll.batch;

import java.io.File;
import java.io.FileWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.time.YearMonth;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

@Component
public class C056PayrollExportJob {

    private static final Logger LOG = LoggerFactory.getLogger(C056PayrollExportJob.class);

    private final JdbcTemplate jdbc;
    private final BankGateway gateway;

    public C056PayrollExportJob(JdbcTemplate jdbc, BankGateway gateway) {
        this.jdbc = jdbc;
        this.gateway = gateway;
    }

    @Scheduled(cron = "0 0 3 25 * *")
    public void export() {
        YearMonth month = YearMonth.now();
        File file = temporaryFile(month);
        try {
            int rows = write(file, month);
            gateway.submit(file);
            LOG.info("payroll {} exported with {} rows", month, rows);
        } catch (IOException e) {
            LOG.error("payroll {} could not be exported", month, e);
        } finally {
            if (!file.delete()) {
                LOG.warn("temporary payroll file was not removed");
            }
        }
    }

    private static File temporaryFile(YearMonth month) {
        return new File(System.getProperty("java.io.tmpdir"), "payroll-" + month + ".csv");
    }

    private int write(File file, YearMonth month) throws IOException {
        List<Object[]> rows = jdbc.query(
                "SELECT iban, holder, net FROM payroll WHERE period = ?",
                (rs, n) -> new Object[] {rs.getString(1), rs.getString(2), rs.getBigDecimal(3)},
                month.toString());
        try (PrintWriter out = new PrintWriter(new FileWriter(file))) {
            for (Object[] row : rows) {
                out.printf("%s;%s;%s%n", row[0], row[1], ((BigDecimal) row[2]).toPlainString());
            }
        }
        return rows.size();
    }

    public interface BankGateway {
        void submit(File file) throws IOException;
    }
}
