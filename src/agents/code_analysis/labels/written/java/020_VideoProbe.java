package com.acme.video;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

public class VideoProbe {

    private final Path store;

    public VideoProbe(Path store) {
        this.store = store;
    }

    public double duration(UUID video) throws IOException, InterruptedException {
        Path file = store.resolve(video + ".mp4");
        List<String> command = List.of("/usr/bin/ffprobe", "-v", "error",
                "-show_entries", "format=duration", "-of", "csv=p=0", file.toString());
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .start();
        try {
            byte[] out = process.getInputStream().readNBytes(1024);
            if (!process.waitFor(10, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException("ffprobe failed");
            }
            return Double.parseDouble(new String(out, StandardCharsets.US_ASCII).trim());
        } catch (NumberFormatException e) {
            throw new IOException("unexpected output", e);
        } finally {
            process.destroyForcibly();
        }
    }
}
