def total(rows):
    result = 0
    for row in rows:
        if row['ok'] and row['sum'] > 0:
            result += row['sum']
    return result
