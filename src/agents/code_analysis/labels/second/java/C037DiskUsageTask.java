package com.acme.ops.tasks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

import io.micrometer.core.instrument.MeterRegistry;

@Component
public class C037DiskUsageTask {

    private static final Logger LOG = LoggerFactory.getLogger(C037DiskUsageTask.class);
    private static final String[] USAGE = {"/bin/sh", "-c", "df -P /var /srv | tail -n +2 | awk '{print $6, $5}'"};
    private static final String[] INODES = {"/bin/df", "-Pi", "/srv"};
    private static final Pattern LINE = Pattern.compile("(/[a-z]+) (\\d{1,3})%");

    private final MeterRegistry registry;
    private volatile int inodeLines;

    public C037DiskUsageTask(MeterRegistry registry) {
        this.registry = registry;
    }

    @Scheduled(fixedDelay = 60_000)
    public void measure() {
        for (String line : run(USAGE)) {
            Matcher m = LINE.matcher(line);
            if (m.matches()) {
                registry.summary("disk.used.percent", "mount", m.group(1)).record(Integer.parseInt(m.group(2)));
            }
        }
        inodeLines = run(INODES).size();
        LOG.debug("disk usage measured, {} lines", inodeLines);
    }

    private List<String> run(String[] command) {
        List<String> lines = new ArrayList<>();
        try {
            Process process = Runtime.getRuntime().exec(command);
            try (BufferedReader reader = new BufferedReader(
                    new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    lines.add(line.trim());
                }
            }
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            LOG.warn("command could not be run", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return lines;
    }
}
