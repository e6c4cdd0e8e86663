package com.acme.insurance.claims;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.HttpStatus;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;
import org.springframework.web.server.ResponseStatusException;

@RestController
public class C051ClaimUploadController {

    private static final Logger logger = LoggerFactory.getLogger(C051ClaimUploadController.class);

    private final Path storage;

    public C051ClaimUploadController(@Value("${claims.storage}") String storage) {
        this.storage = Paths.get(storage);
    }

    @PostMapping("/claims/{claimId}/documents")
    @PreAuthorize("@claims.canEdit(authentication, #claimId)")
    @ResponseStatus(HttpStatus.CREATED)
    public List<String> upload(@PathVariable long claimId, @RequestParam("files") List<MultipartFile> files) {
        if (files.isEmpty() || files.size() > 10) {
            throw new ResponseStatusException(HttpStatus.BAD_REQUEST);
        }
        List<String> stored = new ArrayList<>();
        try {
            Path dir = Files.createDirectories(storage.resolve(Long.toString(claimId)));
            for (MultipartFile file : files) {
                if (!file.isEmpty() && "application/pdf".equals(file.getContentType())) {
                    stored.add(store(dir, file));
                }
            }
        } catch (IOException e) {
            logger.error("documents of claim {} could not be stored", claimId, e);
            throw new ResponseStatusException(HttpStatus.INTERNAL_SERVER_ERROR);
        }
        logger.info("claim {}: {} documents stored", claimId, stored.size());
        return stored;
    }

    private String store(Path dir, MultipartFile file) throws IOException {
        String name = file.getOriginalFilename();
        Path target = dir.resolve(name);
        Files.copy(file.getInputStream(), target, StandardCopyOption.REPLACE_EXISTING);
        return target.getFileName().toString();
    }
}
