package com.acme.docs.web;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.Resource;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
public class C007BrochureDownloadController {

    private static final Logger log = LoggerFactory.getLogger(C007BrochureDownloadController.class);

    private final Path root;

    public C007BrochureDownloadController(@Value("${brochures.dir:/srv/brochures}") String dir) throws IOException {
        this.root = Paths.get(dir).toRealPath();
    }

    @GetMapping("/brochures/file")
    public ResponseEntity<Resource> download(@RequestParam("name") String name) {
        Optional<Path> file = locate(name);
        if (!file.isPresent()) {
            return ResponseEntity.notFound().build();
        }
        ContentDisposition disposition = ContentDisposition.builder("attachment")
                .filename(file.get().getFileName().toString())
                .build();
        return ResponseEntity.ok()
                .header(HttpHeaders.CONTENT_DISPOSITION, disposition.toString())
                .header("X-Content-Type-Options", "nosniff")
                .contentType(MediaType.APPLICATION_PDF)
                .body(new FileSystemResource(file.get()));
    }

    private Optional<Path> locate(String name) {
        try {
            Path candidate = root.resolve(name).normalize();
            if (!candidate.startsWith(root) || !candidate.toString().endsWith(".pdf") || !Files.isRegularFile(candidate)) {
                return Optional.empty();
            }
            Path real = candidate.toRealPath();
            return real.startsWith(root) ? Optional.of(real) : Optional.empty();
        } catch (InvalidPathException | IOException e) {
            log.debug("brochure not accessible");
            return Optional.empty();
        }
    }
}
