package com.acme.index;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InvalidClassException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;

public class C068SnapshotStore {

    private static final Logger LOG = Logger.getLogger(C068SnapshotStore.class.getName());

    private static final ObjectInputFilter FILTER = ObjectInputFilter.Config.createFilter(
            "maxdepth=6;maxrefs=200000;maxbytes=50000000;maxarray=200000;"
                    + "com.acme.index.C068SnapshotStore$Snapshot;com.acme.index.C068SnapshotStore$Term;"
                    + "java.util.ArrayList;java.lang.Object;java.lang.String;!*");

    public static final class Term implements Serializable {
        private static final long serialVersionUID = 1L;
        final String text;
        final int frequency;

        public Term(String text, int frequency) {
            this.text = text;
            this.frequency = frequency;
        }
    }

    public static final class Snapshot implements Serializable {
        private static final long serialVersionUID = 1L;
        final ArrayList<Term> terms;

        public Snapshot(List<Term> terms) {
            this.terms = new ArrayList<>(terms);
        }
    }

    private final Path file;

    public C068SnapshotStore(Path directory) {
        this.file = directory.resolve("index.snapshot");
    }

    public void save(Snapshot snapshot) throws IOException {
        Path temporary = Files.createTempFile(file.getParent(), "index", ".tmp");
        try (ObjectOutputStream out = new ObjectOutputStream(new BufferedOutputStream(Files.newOutputStream(temporary)))) {
            out.writeObject(snapshot);
        }
        Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    public Optional<Snapshot> load() {
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try (ObjectInputStream in = new ObjectInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            in.setObjectInputFilter(FILTER);
            return Optional.of((Snapshot) in.readObject());
        } catch (InvalidClassException e) {
            LOG.log(Level.WARNING, "snapshot was refused", e);
        } catch (IOException | ClassNotFoundException e) {
            LOG.log(Level.WARNING, "snapshot is not readable and will be rebuilt", e);
        }
        return Optional.empty();
    }
}
