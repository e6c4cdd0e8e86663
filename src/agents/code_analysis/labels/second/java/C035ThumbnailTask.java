package com.acme.images.batch;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

public class C035ThumbnailTask implements Callable<Path> {

    private static final Logger LOG = LoggerFactory.getLogger(C035ThumbnailTask.class);
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final BufferedImage source;
    private final Path targetDirectory;
    private final long imageId;
    private final int size;

    public C035ThumbnailTask(BufferedImage source, Path targetDirectory, long imageId, int size) {
        this.source = source;
        this.targetDirectory = targetDirectory;
        this.imageId = imageId;
        this.size = Math.max(16, Math.min(size, 512));
    }

    @Override
    public Path call() throws IOException {
        Path temporary = Files.createTempFile("thumb-", ".png", OWNER_ONLY);
        try {
            try (OutputStream out = Files.newOutputStream(temporary)) {
                ImageIO.write(scale(), "png", out);
            }
            Path target = targetDirectory.resolve(imageId + "-" + size + ".png");
            Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
            LOG.debug("thumbnail of image {} written", imageId);
            return target;
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private BufferedImage scale() {
        double factor = (double) size / Math.max(source.getWidth(), source.getHeight());
        int width = Math.max(1, (int) Math.round(source.getWidth() * factor));
        int height = Math.max(1, (int) Math.round(source.getHeight() * factor));
        BufferedImage scaled = new BufferedImage(width, height, BufferedImage.TYPE_INT_ARGB);
        Graphics2D g = scaled.createGraphics();
        try {
            g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
            g.drawImage(source, 0, 0, width, height, null);
        } finally {
            g.dispose();
        }
        return scaled;
    }
}
