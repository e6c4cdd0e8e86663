package com.acme.noc.web;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/tools")
public class C055NetworkToolsController {

    private static final Logger log = LoggerFactory.getLogger(C055NetworkToolsController.class);
    private static final int MAX_LINES = 200;

    @PostMapping("/ping")
    public ResponseEntity<List<String>> ping(@RequestParam String host,
                                             @RequestParam(defaultValue = "4") int count) {
        if (host.isEmpty() || count < 1 || count > 20) {
            return ResponseEntity.badRequest().build();
        }
        return execute("ping -c " + count + " " + host);
    }

    @PostMapping("/uptime")
    public ResponseEntity<List<String>> uptime() {
        return execute("uptime");
    }

    private ResponseEntity<List<String>> execute(String command) {
        try {
            Process process = Runtime.getRuntime().exec(new String[] {"/bin/sh", "-c", command});
            List<String> lines = new ArrayList<>();
            try (BufferedReader reader = new BufferedReader(
                    new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                String line;
                while ((line = reader.readLine()) != null && lines.size() < MAX_LINES) {
                    lines.add(line);
                }
            }
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            return ResponseEntity.ok(lines);
        } catch (IOException e) {
            log.error("network tool failed", e);
            return ResponseEntity.status(HttpStatus.INTERNAL_SERVER_ERROR).build();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE).build();
        }
    }
}
