package com.acme.convert;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
public class ConvertJob {

    private static final String TOOL = "/opt/convert/bin/convert";

    private String commandFor(String source, String format) {
        return TOOL + " -in /var/spool/convert/" + source + " -to " + format + " 2>&1";
    }

    @PostMapping("/convert")
    public String convert(@RequestParam String source, @RequestParam String format)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder("/bin/bash", "-c", commandFor(source, format));
        Process process = builder.start();
        StringBuilder log = new StringBuilder();
        try (BufferedReader in = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line;
            while ((line = in.readLine()) != null && log.length() < 65536) {
                log.append(line).append('\n');
            }
        }
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        return log.toString();
    }
}
