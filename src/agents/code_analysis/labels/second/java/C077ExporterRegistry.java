package com.acme.export;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

public final class C077ExporterRegistry {

    private static final Logger LOG = LoggerFactory.getLogger(C077ExporterRegistry.class);

    public interface Exporter {
        void export(List<String[]> rows, OutputStream out) throws IOException;
    }

    private static final Map<String, String> CLASSES;

    static {
        Map<String, String> classes = new HashMap<>();
        classes.put("csv", "com.acme.export.CsvExporter");
        classes.put("xlsx", "com.acme.export.poi.XlsxExporter");
        classes.put("pdf", "com.acme.export.pdf.PdfExporter");
        CLASSES = Collections.unmodifiableMap(classes);
    }

    private final Map<String, Exporter> exporters = new HashMap<>();

    public C077ExporterRegistry() {
        for (Map.Entry<String, String> e : CLASSES.entrySet()) {
            try {
                Class<?> type = Class.forName(e.getValue());
                exporters.put(e.getKey(), type.asSubclass(Exporter.class).getDeclaredConstructor().newInstance());
            } catch (ClassNotFoundException missing) {
                LOG.info("optional exporter {} is not installed", e.getKey());
            } catch (ReflectiveOperationException | ClassCastException broken) {
                LOG.error("exporter {} cannot be used", e.getKey(), broken);
            }
        }
    }

    public Set<String> formats() {
        return new TreeSet<>(exporters.keySet());
    }

    public void export(String format, List<String[]> rows, OutputStream out) throws IOException {
        Exporter exporter = exporters.get(format);
        if (exporter == null) {
            throw new IllegalArgumentException("format is not supported");
        }
        exporter.export(rows, out);
    }
}
