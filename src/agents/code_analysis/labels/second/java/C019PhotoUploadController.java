package com.acme.insurance.photos;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.Map;
import java.util.UUID;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.HttpStatus;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;
import org.springframework.web.server.ResponseStatusException;

@RestController
public class C019PhotoUploadController {

    private static final Logger logger = LoggerFactory.getLogger(C019PhotoUploadController.class);
    private static final long MAX_BYTES = 4L * 1024 * 1024;
    private static final long MAX_PIXELS = 24_000_000L;
    private static final Map<String, String> FORMATS = Map.of("image/jpeg", "jpg", "image/png", "png");

    private final Path storage;

    public C019PhotoUploadController(@Value("${photos.storage}") String storage) {
        this.storage = Paths.get(storage);
    }

    @PostMapping("/photos")
    @PreAuthorize("isAuthenticated()")
    @ResponseStatus(HttpStatus.CREATED)
    public Map<String, String> upload(@RequestParam("photo") MultipartFile photo) {
        String format = photo.getContentType() == null ? null : FORMATS.get(photo.getContentType());
        if (format == null || photo.isEmpty() || photo.getSize() > MAX_BYTES) {
            throw new ResponseStatusException(HttpStatus.UNSUPPORTED_MEDIA_TYPE);
        }
        String original = photo.getOriginalFilename();
        String label = original == null || original.length() > 100 ? "photo" : original;
        String name = UUID.randomUUID() + "." + format;
        try {
            reencode(photo, storage.resolve(name), format);
        } catch (IOException e) {
            logger.warn("photo upload could not be stored", e);
            throw new ResponseStatusException(HttpStatus.UNPROCESSABLE_ENTITY);
        }
        return Map.of("id", name, "label", label);
    }

    private static void reencode(MultipartFile photo, Path target, String format) throws IOException {
        BufferedImage image;
        try (InputStream in = photo.getInputStream(); ImageInputStream stream = ImageIO.createImageInputStream(in)) {
            Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
            ImageReader reader = readers.next();
            try {
                reader.setInput(stream);
                if ((long) reader.getWidth(0) * reader.getHeight(0) > MAX_PIXELS) {
                    throw new IOException("image is too large");
                }
                image = reader.read(0);
            } finally {
                reader.dispose();
            }
        }
        try (OutputStream out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW)) {
            ImageIO.write(image, format, out);
        }
    }
}
