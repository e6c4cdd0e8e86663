package com.acme.report;

import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;

public class ReportSpool {

    private final String prefix;

    public ReportSpool(String prefix) {
        this.prefix = prefix;
    }

    private File file(int number) {
        return new File(System.getProperty("java.io.tmpdir"), prefix + "-" + number + ".csv");
    }

    public File write(int number, List<String[]> salaries) throws IOException {
        File target = file(number);
        try (Writer out = new OutputStreamWriter(new FileOutputStream(target), StandardCharsets.UTF_8)) {
            for (String[] row : salaries) {
                out.write(String.join(";", row));
                out.write('\n');
            }
        }
        target.setReadable(true, false);
        target.setWritable(true, false);
        return target;
    }
}
