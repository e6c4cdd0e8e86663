package com.acme.plugins;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

public final class PluginInstaller {

    private final Path home;

    public PluginInstaller(Path home) {
        this.home = home;
    }

    public int install(String id, InputStream upload) throws IOException {
        Path target = home.resolve(id.replaceAll("[^a-z0-9-]", ""));
        Files.createDirectories(target);
        int count = 0;
        try (ZipInputStream zip = new ZipInputStream(upload)) {
            ZipEntry entry;
            while ((entry = zip.getNextEntry()) != null) {
                Path out = target.resolve(entry.getName());
                if (entry.isDirectory()) {
                    Files.createDirectories(out);
                } else {
                    Files.createDirectories(out.getParent());
                    Files.copy(zip, out, StandardCopyOption.REPLACE_EXISTING);
                    count++;
                }
                zip.closeEntry();
            }
        }
        return count;
    }
}
