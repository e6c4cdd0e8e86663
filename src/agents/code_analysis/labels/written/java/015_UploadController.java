package com.acme.files;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Map;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestPart;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;

@RestController
public class UploadController {

    private final String directory;

    public UploadController(@Value("${upload.directory}") String directory) {
        this.directory = directory;
    }

    @PostMapping("/upload")
    public ResponseEntity<Map<String, Object>> upload(@RequestPart("file") MultipartFile file) throws IOException {
        if (file.isEmpty() || file.getSize() > 10 * 1024 * 1024) {
            return ResponseEntity.badRequest().build();
        }
        Path target = Paths.get(directory, file.getOriginalFilename());
        file.transferTo(target);
        return ResponseEntity.ok(Map.of("size", file.getSize()));
    }
}
