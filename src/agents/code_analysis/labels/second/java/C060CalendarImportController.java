package com.acme.calendar.web;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.web.client.RestTemplateBuilder;
import org.springframework.http.HttpEntity;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClientException;
import org.springframework.web.client.RestTemplate;

@RestController
@RequestMapping("/calendars")
public class C060CalendarImportController {

    private static final Logger log = LoggerFactory.getLogger(C060CalendarImportController.class);

    private final RestTemplate restTemplate;

    public C060CalendarImportController(RestTemplateBuilder builder) {
        this.restTemplate = builder.build();
    }

    @PostMapping("/import")
    public ResponseEntity<List<String>> importCalendar(@RequestBody ImportRequest request) {
        if (request.getFeed() == null) {
            return ResponseEntity.badRequest().build();
        }
        String url = request.getFeed().replaceFirst("^webcal://", "https://");
        try {
            String ics = download(url);
            return ResponseEntity.ok(summaries(ics));
        } catch (RestClientException e) {
            log.warn("calendar could not be loaded", e);
            return ResponseEntity.status(502).build();
        }
    }

    private String download(String url) {
        HttpHeaders headers = new HttpHeaders();
        headers.set(HttpHeaders.ACCEPT, "text/calendar, text/plain");
        ResponseEntity<String> response =
                restTemplate.exchange(URI.create(url), HttpMethod.GET, new HttpEntity<>(headers), String.class);
        return response.getBody() == null ? "" : response.getBody();
    }

    private static List<String> summaries(String ics) {
        List<String> result = new ArrayList<>();
        for (String line : ics.split("\r?\n")) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                result.add(line.substring(colon + 1));
            }
        }
        return result;
    }

    public static class ImportRequest {
        private String feed;

        public String getFeed() {
            return feed;
        }

        public void setFeed(String feed) {
            this.feed = feed;
        }
    }
}
