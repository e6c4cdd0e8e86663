package com.acme.noc.service;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.stereotype.Service;

@Service
public class C065TraceRouteService {

    private static final Logger log = LoggerFactory.getLogger(C065TraceRouteService.class);
    private static final Pattern OCTET = Pattern.compile("\\d{1,3}");

    @PreAuthorize("hasRole('NOC')")
    public List<String> trace(String address, int maxHops) {
        if (!isIpv4(address)) {
            throw new IllegalArgumentException("an IPv4 address is expected");
        }
        int hops = Math.max(1, Math.min(maxHops, 30));
        ProcessBuilder builder =
                new ProcessBuilder("/usr/bin/traceroute", "-n", "-m", Integer.toString(hops), "--", address);
        builder.redirectErrorStream(true);
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            List<String> lines;
            try (BufferedReader reader = new BufferedReader(
                    new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                lines = reader.lines().limit(60).collect(Collectors.toList());
            }
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            return lines;
        } catch (IOException e) {
            log.error("traceroute could not be started", e);
            throw new IllegalStateException("traceroute is not available");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted");
        }
    }

    private static boolean isIpv4(String address) {
        if (address == null || address.length() > 15) {
            return false;
        }
        String[] parts = address.split("\\.", -1);
        if (parts.length != 4) {
            return false;
        }
        for (String part : parts) {
            if (!OCTET.matcher(part).matches() || Integer.parseInt(part) > 255) {
                return false;
            }
        }
        return true;
    }
}
