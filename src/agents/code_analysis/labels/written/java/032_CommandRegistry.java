package com.acme.shell;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

public class CommandRegistry {

    private final Map<String, Function<String[], String>> commands = new TreeMap<>();

    public CommandRegistry() {
        register("help", args -> String.join(" ", commands.keySet()));
        register("echo", args -> String.join(" ", args));
        register("upper", args -> String.join(" ", args).toUpperCase(Locale.ROOT));
    }

    public final void register(String name, Function<String[], String> command) {
        if (commands.putIfAbsent(name, command) != null) {
            throw new IllegalArgumentException("duplicate command: " + name);
        }
    }

    public String exec(String line) {
        String[] words = line.strip().split("\\s+");
        Function<String[], String> command = commands.get(words[0]);
        if (command == null) {
            return "unknown command";
        }
        String[] args = new String[words.length - 1];
        System.arraycopy(words, 1, args, 0, args.length);
        return command.apply(args);
    }
}
