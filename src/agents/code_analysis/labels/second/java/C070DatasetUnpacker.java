package com.acme.datasets.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;

public final class C070DatasetUnpacker {

    private static final int MAX_ENTRIES = 1000;
    private static final long MAX_BYTES = 200L * 1024 * 1024;

    private final Path target;
    private long written;

    public C070DatasetUnpacker(Path target) {
        this.target = target.toAbsolutePath().normalize();
    }

    public List<Path> unpack(InputStream in) throws IOException {
        List<Path> files = new ArrayList<>();
        try (ZipInputStream zip = new ZipInputStream(in)) {
            int entries = 0;
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (++entries > MAX_ENTRIES) {
                    throw new ZipException("too many entries");
                }
                Path file = pathOf(entry);
                if (entry.isDirectory()) {
                    Files.createDirectories(file);
                } else {
                    Files.createDirectories(file.getParent());
                    copy(zip, file);
                    files.add(file);
                }
            }
        }
        return files;
    }

    private Path pathOf(ZipEntry entry) throws ZipException {
        Path file = target.resolve(entry.getName()).normalize();
        if (!file.startsWith(target) || file.equals(target) && !entry.isDirectory()) {
            throw new ZipException("entry is outside of the target directory");
        }
        return file;
    }

    private void copy(InputStream in, Path file) throws IOException {
        byte[] buffer = new byte[16 * 1024];
        try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
                written += n;
                if (written > MAX_BYTES) {
                    throw new ZipException("archive is too large");
                }
                out.write(buffer, 0, n);
            }
        }
    }
}
