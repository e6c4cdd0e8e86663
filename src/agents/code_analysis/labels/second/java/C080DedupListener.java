package com.acme.ingest.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.stereotype.Component;

@Component
public class C080DedupListener {

    private static final Logger LOG = LoggerFactory.getLogger(C080DedupListener.class);
    private static final Duration WINDOW = Duration.ofHours(6);
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private final ObjectMapper mapper = new ObjectMapper();
    private final StringRedisTemplate redis;
    private final MeasurementSink sink;

    public C080DedupListener(StringRedisTemplate redis, MeasurementSink sink) {
        this.redis = redis;
        this.sink = sink;
    }

    @KafkaListener(topics = "ingest.measurements", groupId = "dedup")
    public void onMessage(ConsumerRecord<String, String> record) {
        String value = record.value();
        String cacheKey = "seen:" + record.partition() + ":" + checksum(value);
        Boolean first = redis.opsForValue().setIfAbsent(cacheKey, "1", WINDOW);
        if (!Boolean.TRUE.equals(first)) {
            LOG.debug("duplicate at offset {}", record.offset());
            return;
        }
        try {
            JsonNode node = mapper.readTree(value);
            sink.store(node.path("sensor").asLong(), node.path("value").asDouble(), record.timestamp());
        } catch (JsonProcessingException e) {
            LOG.warn("unreadable measurement at partition {} offset {}", record.partition(), record.offset());
        }
    }

    private static String checksum(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8));
            StringBuilder sb = new StringBuilder(digest.length * 2);
            for (byte b : digest) {
                sb.append(HEX[(b >> 4) & 0xF]).append(HEX[b & 0xF]);
            }
            return sb.toString();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    public interface MeasurementSink {
        void store(long sensor, double value, long timestamp);
    }
}
