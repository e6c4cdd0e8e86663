package com.acme.weather.web;

import java.time.Duration;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Mono;

@RestController
@RequestMapping("/weather")
public class C029WeatherProxyController {

    private static final Logger log = LoggerFactory.getLogger(C029WeatherProxyController.class);
    private static final Pattern STATION = Pattern.compile("[A-Z]{4}");
    private static final String BASE_URL = "https://api.weather.example";

    private final WebClient client;

    public C029WeatherProxyController(WebClient.Builder builder) {
        this.client = builder.baseUrl(BASE_URL)
                .codecs(c -> c.defaultCodecs().maxInMemorySize(256 * 1024))
                .build();
    }

    @GetMapping(value = "/{station}", produces = MediaType.APPLICATION_JSON_VALUE)
    public Mono<Observation> latest(@PathVariable String station) {
        if (!STATION.matcher(station).matches()) {
            return Mono.error(new ResponseStatusException(HttpStatus.BAD_REQUEST));
        }
        return client.get()
                .uri("/stations/{station}/observations/latest", station)
                .accept(MediaType.APPLICATION_JSON)
                .retrieve()
                .bodyToMono(Observation.class)
                .timeout(Duration.ofSeconds(4))
                .doOnError(e -> log.warn("weather service failed", e))
                .onErrorMap(e -> new ResponseStatusException(HttpStatus.BAD_GATEWAY));
    }

    public static class Observation {
        private double temperature;
        private double windSpeed;
        private String measuredAt;

        public double getTemperature() {
            return temperature;
        }

        public void setTemperature(double temperature) {
            this.temperature = temperature;
        }

        public double getWindSpeed() {
            return windSpeed;
        }

        public void setWindSpeed(double windSpeed) {
            this.windSpeed = windSpeed;
        }

        public String getMeasuredAt() {
            return measuredAt;
        }

        public void setMeasuredAt(String measuredAt) {
            this.measuredAt = measuredAt;
        }
    }
}
