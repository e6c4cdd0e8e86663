package com.acme.media.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.stereotype.Component;

@Component
public class C004TranscodeListener {

    private static final Logger LOG = LoggerFactory.getLogger(C004TranscodeListener.class);

    private final ObjectMapper mapper = new ObjectMapper();
    private final KafkaTemplate<String, String> kafka;
    private final File workDir = new File("/var/lib/transcoder");

    public C004TranscodeListener(KafkaTemplate<String, String> kafka) {
        this.kafka = kafka;
    }

    @KafkaListener(topics = "media.transcode", groupId = "transcoder")
    public void onMessage(ConsumerRecord<String, String> record) throws Exception {
        JsonNode job = mapper.readTree(record.value());
        long mediaId = job.path("mediaId").asLong();
        List<String> parts = commandLine(mediaId, job);
        int exit = run(parts);
        LOG.info("media {} transcoded with exit code {}", mediaId, exit);
        kafka.send("media.transcoded", record.key(), "{\"mediaId\":" + mediaId + ",\"exit\":" + exit + "}");
    }

    private List<String> commandLine(long mediaId, JsonNode job) {
        List<String> parts = new ArrayList<>();
        parts.add("nice -n 10 ffmpeg -y -i in/" + mediaId);
        if (job.has("watermark")) {
            parts.add("-vf \"drawtext=text='" + job.get("watermark").asText() + "'\"");
        }
        parts.add("-preset " + job.path("preset").asText("medium"));
        parts.add("out/" + mediaId + ".mp4 2>> ffmpeg.log");
        return parts;
    }

    private int run(List<String> parts) throws IOException, InterruptedException {
        ProcessBuilder pb = new ProcessBuilder("bash", "-c", String.join(" ", parts));
        pb.directory(workDir);
        Process process = pb.start();
        if (!process.waitFor(15, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            return -1;
        }
        return process.exitValue();
    }
}
