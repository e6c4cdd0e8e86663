-- How an agent stands on a server or worker that carries it, as that one last said with its heartbeat: its circuit and its instances. Nothing until it has said
-- something, and again once somebody has closed the circuit.
ALTER TABLE server_agents ADD COLUMN standing TEXT;
