package com.acme.bridge;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

public class C031EventBridge implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(C031EventBridge.class);

    public static class Envelope {
        public String topic;
        public long sentAt;
        public Object payload;
    }

    private final ObjectMapper mapper;
    private final ServerSocket server;
    private final ExecutorService pool = Executors.newFixedThreadPool(8);
    private final List<Consumer<Envelope>> listeners = new CopyOnWriteArrayList<>();

    @SuppressWarnings("deprecation")
    public C031EventBridge(int port) throws IOException {
        mapper = new ObjectMapper();
        mapper.configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);
        mapper.enableDefaultTyping(ObjectMapper.DefaultTyping.OBJECT_AND_NON_CONCRETE);
        server = new ServerSocket(port);
    }

    public void subscribe(Consumer<Envelope> listener) {
        listeners.add(listener);
    }

    public void run() throws IOException {
        while (!server.isClosed()) {
            Socket socket = server.accept();
            socket.setSoTimeout(60_000);
            pool.submit(() -> serve(socket));
        }
    }

    private void serve(Socket socket) {
        try (BufferedReader reader = new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
            String line;
            while ((line = reader.readLine()) != null) {
                Envelope envelope = mapper.readValue(line, Envelope.class);
                listeners.forEach(l -> l.accept(envelope));
            }
        } catch (IOException e) {
            LOG.warn("connection closed", e);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        pool.shutdown();
    }
}
